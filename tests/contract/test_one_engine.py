"""Nothing on the local side knows whether a run is a backtest, live, or a replay."""

from __future__ import annotations

import re

import pytest

#: Layers on the local side, and those that they must not know.
LOCAL = ("core", "engine", "strategy")
OTHERS = ("backtest", "paper", "sim", "cli")
_IMPORT = re.compile(r"^\s*(?:from|cimport|import)\s+velora\.(\w+)", re.MULTILINE)
_MODE = re.compile(
    r"\b(?:is_live|is_backtest|is_backtesting|is_replay|is_simulated|is_paper|live_mode|run_mode|mode)\b"
)
#: A handle to the engine without a type, or beside the context.
_HANDLE = re.compile(r"\b_engine\b|\b_?(?:engine|kernel|context|desk)\s*:\s*(?:Any|object)\b")
_INCLUDE = re.compile(r'^#include "velora/(\w+)\.h"', re.MULTILINE)
#: The C files of the local side.
_LOCAL_SOURCES = (
    "local", "reports", "quoter", "samples", "gate", "order_store", "holdings", "market", "market_queue", "timers",
    "candle", "trade_ids",
)  # fmt: skip
#: What only the far side and its drivers have.
_FAR = {"venue", "link", "latency", "replay", "journal", "match", "impact"}


def sources(repository, layer):
    folder = repository / "velora" / layer
    return [path for path in folder.rglob("*") if path.suffix in (".py", ".pyx", ".pxd") and path.name != "_c.pxd"]


def without_text(code):
    """Code less its comments and strings, which may speak of modes."""
    code = re.sub(r'"""[\s\S]*?"""', "", code)
    code = re.sub(r"/\*[\s\S]*?\*/", "", code)
    return re.sub(r'"(?:[^"\\\n]|\\.)*"|#(?!include).*', "", code)


@pytest.mark.parametrize("layer", LOCAL)
def test_the_local_side_imports_nothing_that_a_mode_has(repository, layer):
    found = sources(repository, layer)
    assert len(found) > 5
    for path in found:
        known = set(_IMPORT.findall(re.sub(r"if TYPE_CHECKING:\n(?:    .*\n)+", "", path.read_text())))
        assert not known & set(OTHERS), path


@pytest.mark.parametrize("layer", ["engine", "strategy"])
def test_no_name_on_the_local_side_says_a_mode(repository, layer):
    for path in sources(repository, layer):
        assert not _MODE.search(without_text(path.read_text())), path


def test_the_local_side_in_c_includes_nothing_of_the_far_side(repository):
    todo, seen = ["local"], set()
    texts = [(repository / "csrc" / "src" / f"{name}.c").read_text() for name in _LOCAL_SOURCES]
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            texts.append((repository / "csrc" / "include" / "velora" / f"{name}.h").read_text())
            todo += _INCLUDE.findall(texts[-1])
    for text in texts[: len(_LOCAL_SOURCES)]:
        todo += _INCLUDE.findall(text)
    assert not (seen | set(todo)) & _FAR
    for text in texts:
        assert not _MODE.search(without_text(text))


def test_the_check_of_names_finds_one():
    assert _MODE.search(without_text('if self.is_live:  # "mode"\n    pass'))
    assert not _MODE.search(without_text('"""live mode"""  # mode\nx = "mode"'))


# ---------------------------------------------------------------- the gate


def users(repository, *names):
    """Files that call one of these functions, headers that declare them left out."""
    found = set()
    for path in [*(repository / "csrc" / "src").glob("*.c"), *(repository / "velora").rglob("*.pyx")]:
        code = without_text(path.read_text())
        code = re.sub(r"cimport \([^)]*\)", "", code)
        if any(re.search(rf"\b{name}\(", code) for name in names):
            found.add(path.relative_to(repository).as_posix())
    return found


def test_only_the_gate_puts_commands_in_the_outbox(repository):
    pushes = ("vel_command_ring_push", "vel_command_ring_next", "vel_command_ring_add", "vel_denial_ring_push")
    assert users(repository, *pushes) == {"csrc/src/gate.c"}
    assert users(repository, "vel_gate_send") == {"csrc/src/gate.c", "csrc/src/local.c"}
    assert users(repository, "vel_gate_next") == {"csrc/src/local.c"}


def test_only_a_link_takes_commands_from_the_outbox(repository):
    # The intake takes them for a replay of a journal, which compares them and sends nothing.
    links = {"csrc/src/replay.c", "csrc/src/replay_hft.c", "velora/engine/intake.pyx"}
    assert users(repository, "vel_command_ring_pop") == links


def test_only_the_setter_changes_the_state_of_an_order(repository):
    found = set()
    for path in (repository / "csrc" / "src").glob("*.c"):
        if path.stem in _LOCAL_SOURCES and re.search(r"\border->state\s*=[^=]", without_text(path.read_text())):
            found.add(path.name)
    assert found == {"order_store.c"}


# ---------------------------------------------------------------- the handle of a strategy


def test_a_strategy_has_one_typed_handle_to_the_engine(repository):
    """It imports nothing of the engine, not even for types: `core.Context` says all that it needs."""
    for path in sources(repository, "strategy"):
        code = path.read_text()
        assert "engine" not in _IMPORT.findall(code), path
        assert not _HANDLE.search(without_text(code)), path


@pytest.mark.parametrize("layer", LOCAL)
def test_nothing_asks_whether_a_run_takes_external_inputs(repository, layer):
    """Each kernel has an object for them; that it is none in one kind of run would be a mode."""
    for path in sources(repository, layer):
        assert not re.search(r"external_inputs (?:is|==|!=)", without_text(path.read_text())), path


def test_the_check_of_handles_finds_one():
    assert _HANDLE.search("self._engine = engine")
    assert _HANDLE.search("_context: Any = None")
    assert _HANDLE.search("def _attach(self, context: Any) -> None:")
    assert not _HANDLE.search("def _attach(self, context: Context, history: Any) -> None:")


def test_no_part_of_the_engine_imports_in_a_circle(repository):
    """Among the compiled files of the local side each one is below those that import it."""
    imports = {}
    for layer in LOCAL:
        for path in sources(repository, layer):
            name = path.relative_to(repository).with_suffix("").as_posix().replace("/", ".")
            if path.suffix in (".pyx", ".pxd"):
                found = re.findall(r"^(?:from|cimport) (velora[\w.]*) ?(?:cimport)?", path.read_text(), re.MULTILINE)
                imports.setdefault(name, set()).update(one for one in found if one != name)
    assert len(imports) > 20
    done = set()
    while left := {
        name: {one for one in found if one in imports} - done for name, found in imports.items() if name not in done
    }:
        free = {name for name, found in left.items() if not found}
        assert free, f"a circle within {sorted(left)}"
        done |= free
