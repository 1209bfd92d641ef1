"""The stub of velora.ta says what its descriptors say. After a change of a descriptor, write it anew:

python -m velora.ta.stubs
"""

from __future__ import annotations

import ast
from pathlib import Path

import velora.ta
from velora import ta
from velora.ta.indicator import compiled_kinds
from velora.ta.kinds import IndicatorKind, Output, Param
from velora.ta.registry import RESERVED
from velora.ta.stubs import make_stub

PACKAGE = Path(velora.ta.__file__).parent
AVERAGES = tuple(f"average_{number}" for number in range(20))
MADE_UP = [
    IndicatorKind(
        name="made_up",
        class_name="MadeUp",
        title="Several outputs, choices and a number with a fraction",
        group="tests",
        inputs=("high", "low"),
        outputs=(Output("up"), Output("down")),
        params=(
            Param(name="factor", type="float", default=2.5, low=0, high=9),
            Param(name="ma_type", type="choice", default=1, low=0, high=19, choices=AVERAGES),
            Param(name="mode", type="choice", default=0, low=0, high=1, choices=("slow", "fast")),
        ),
    ),
    IndicatorKind(
        name="cdl_made_up",
        class_name="CdlMadeUp",
        title="A pattern",
        group="tests",
        inputs=("open", "high", "low", "close"),
        outputs=(Output("cdl_made_up", "mark"),),
        is_integer=True,
        is_pattern=True,
    ),
]


def test_the_stub_is_what_the_descriptors_give():
    assert (PACKAGE / "__init__.pyi").read_text() == make_stub(compiled_kinds().values()), (
        "write it anew: python -m velora.ta.stubs"
    )


def test_every_kind_has_its_types_in_the_stub():
    tree = ast.parse((PACKAGE / "__init__.pyi").read_text())
    classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    functions = {node.target.id for node in tree.body if isinstance(node, ast.AnnAssign)}
    for kind in compiled_kinds().values():
        assert kind.class_name in classes
        assert kind.name in functions
        if len(kind.outputs) > 1:
            assert f"{kind.class_name}Value" in classes


def test_choices_outputs_and_settings_have_types():
    text = make_stub(MADE_UP)
    ast.parse(text)
    assert max(map(len, text.splitlines())) <= 120
    for line in (
        "class MadeUpValue(NamedTuple, Generic[_T]):\n    up: _T\n    down: _T\n",
        '_Mode: TypeAlias = Literal["slow", "fast"] | int\n',
        '        "average_19",\n',
        '        ma_type: _MaType = "average_1",\n',
        "        factor: float = 2.5,\n",
        "    def update(self, high: float, low: float, /) -> MadeUpValue[float] | None: ...\n",
        "    def ma_type(self) -> str: ...\n",
        "    def update(self, open: float, high: float, low: float, close: float, /) -> int | None: ...\n",
        "        settings: Mapping[str, tuple[str, int, float]] | None = None,\n    ) -> _Integers: ...\n",
        "    ) -> MadeUpValue[_Floats]: ...\n",
    ):
        assert line in text, line


def test_names_of_the_package_are_reserved():
    modules = {path.stem for path in PACKAGE.glob("*.py*") if not path.stem.startswith("_")}
    assert (modules | set(ta.__all__)) <= RESERVED
    for kind in compiled_kinds().values():
        assert not {kind.name, kind.class_name, f"{kind.class_name}Value"} & RESERVED
