"""A user's own indicators: a class with a `step`, which gets the faces of the compiled ones.

    @ta.register
    class MyMean(ta.CustomIndicator):
        inputs = ("close",)
        outputs = (ta.Output("my_mean", "overlay"),)
        params = (ta.Param(name="period", default=10, low=1, high=10_000, text="rows of the window"),)

        @property
        def lookback(self):
            return self.period - 1

        def setup(self):
            self.window = deque(maxlen=self.period)

        def step(self, close):
            self.window.append(close)
            return sum(self.window) / self.period

Then ``ta.my_mean(close, 10)`` is the function over columns, ``ta.MyMean(10)`` the object that takes one row at a time.
"""

from __future__ import annotations

import keyword
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from velora.errors import InvalidArgument
from velora.ta.custom_state import decode_snapshot, encode_snapshot, pack, unpack
from velora.ta.indicator import column_arguments, lanes, value_type
from velora.ta.kinds import PLOTS, IndicatorKind, Output, Param, refuse_names, snake_case, values_of

__all__ = ["CustomFunction", "CustomIndicator"]


class _Face:
    """What an indicator has beside the state that its author keeps in it."""

    __slots__ = ("count", "is_first", "last", "lookback", "settles", "skipped", "values")

    def __init__(self, values: list[float], is_first: bool) -> None:
        self.values = values
        self.is_first = is_first
        self.lookback = 0
        self.settles = 1
        self.count = 0
        self.skipped = 0
        self.last: Any = None


class CustomIndicator:
    """Base of a user's own indicators.

    A subclass declares `inputs`, `outputs` and a `step`; the rest is optional. Its class has the attributes and methods
    of a compiled one, its parameters are attributes (``self.period``), and `velora.ta.register` makes both faces
    available in `velora.ta`.

    Parameters
    ----------
    *parameters, **parameters
        Those of `params`.
    ready_at : {"settled", "first"}
        As of `Indicator`.

    Attributes
    ----------
    inputs : sequence of str
        Names of the columns, in the order in which `step` takes them.
    outputs : sequence of Output or str
        One, or several; a plain name is a line in a panel of its own.
    params : sequence of Param
    name : str
        Of the function; by default the name of the class in snake case.
    title, group, formula, source, notes : str
        For its documentation; the title is by default the first line of the docstring.
    is_integer, is_anchored : bool
        As of `IndicatorKind`.
    KIND : IndicatorKind
        Descriptor made from the declarations of the class.
    VALUE : type or None
        Named tuple of the outputs, None for a single output.

    Notes
    -----
    Rows before the first one without a NaN are skipped, as for compiled indicators. `snapshot` keeps the attributes
    that `setup` and `step` set: numbers, texts, bytes, lists, tuples, sets, dicts, deques, NumPy arrays and other
    indicators. A class with state elsewhere, such as one that also extends a Cython class, overrides `get_state` and
    `set_state`.
    """

    KIND: ClassVar[IndicatorKind]
    VALUE: ClassVar[type[tuple[Any, ...]] | None]

    inputs: ClassVar[Sequence[str]] = ()
    outputs: ClassVar[Sequence[Output | str]] = ()
    params: ClassVar[Sequence[Param]] = ()
    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    group: ClassVar[str] = "custom"
    formula: ClassVar[str] = ""
    source: ClassVar[str] = ""
    notes: ClassVar[str] = ""
    is_integer: ClassVar[bool] = False
    is_anchored: ClassVar[bool] = False

    def __init_subclass__(cls, **named: Any) -> None:
        super().__init_subclass__(**named)
        if not cls.inputs or not cls.outputs or not hasattr(cls, "step"):
            return  # a base of several indicators
        _refuse_hidden(cls)
        kind = _kind_of(cls)
        cls.KIND, cls.VALUE = kind, value_type(kind)
        if cls.VALUE is not None:
            cls.VALUE.__module__ = cls.__module__
            for index, output in enumerate(kind.outputs):
                setattr(cls, output.name, _output_property(index))
        for index, param in enumerate(kind.params):
            setattr(cls, param.name, _param_property(index, param))

    def __init__(self, *given: Any, ready_at: str = "settled", **named: Any) -> None:
        kind = getattr(type(self), "KIND", None)
        if kind is None:
            raise InvalidArgument(f"{type(self).__name__} lacks inputs, outputs or a step method")
        if ready_at not in ("settled", "first"):
            raise InvalidArgument(f"{kind.class_name}: ready_at must be 'settled' or 'first', was {ready_at!r}")
        values = values_of(kind, given, named)
        refuse_names(kind, named)
        self._face = _Face(values, ready_at == "first")
        self._start()

    # ---- for the author of an indicator

    @property
    def lookback(self) -> int:
        """Rows of the warm-up, 0 unless overridden: the first value comes with row lookback + 1."""
        return 0

    @property
    def settles(self) -> int:
        """Rows after which the value no longer depends on where the series started, by default lookback + 1."""
        return self.lookback + 1

    def setup(self) -> None:
        """Set the attributes of the state before the first row; also called by `reset`."""

    def get_state(self) -> Any:
        """The state for a snapshot: by default the attributes that `setup` and `step` have set."""
        return {name: value for name, value in vars(self).items() if name != "_face"}

    def set_state(self, state: Any) -> None:
        """Take the state of a snapshot; called after `setup`."""
        vars(self).update(state)

    # ---- as of a compiled indicator

    @property
    def kind(self) -> IndicatorKind:
        """Its descriptor."""
        return self.KIND

    def update(self, *row: float) -> Any:
        """Add a row; returns `value`."""
        face = self._face
        if len(row) != len(self.KIND.inputs):
            raise TypeError(
                f"{self.KIND.class_name}.update takes {len(self.KIND.inputs)} values "
                f"({', '.join(self.KIND.inputs)}), {len(row)} were given"
            )
        values = [float(x) for x in row]
        if face.count == 0 and any(x != x for x in values):
            face.skipped += 1
            return None
        found = self.step(*values)  # type: ignore[attr-defined]
        face.last = None if face.count < face.lookback else self._outputs(found)
        face.count += 1
        return face.last

    def update_candle(self, candle: object) -> Any:
        """Add the row of a candle, or of any object that has the inputs as attributes."""
        return self.update(*[getattr(candle, name) for name in self.KIND.inputs])

    def extend(self, *columns: Any) -> Any:
        """Add the rows of columns; returns the outputs at each row, as the function over columns does."""
        inputs, outputs, rest = column_arguments(self.KIND, columns, {})
        if rest:
            raise InvalidArgument(f"{self.KIND.name}.extend takes columns only, {len(rest)} more were given")
        if inputs[0].ndim != 1:
            raise InvalidArgument(f"{self.KIND.name}.extend takes columns of one dimension, not of {inputs[0].ndim}")
        self._run(inputs, outputs)
        return _result(self.VALUE, outputs)

    @property
    def value(self) -> Any:
        """The last value, or a named tuple of all outputs; None during the warm-up."""
        return self._face.last

    @property
    def has_value(self) -> bool:
        """Whether the warm-up is over."""
        return self._face.count > self._face.lookback

    @property
    def is_ready(self) -> bool:
        """Whether there is a value that does not depend on where the series started (`ready_at`)."""
        return self.has_value if self._face.is_first else self._face.count >= self._face.settles

    @property
    def count(self) -> int:
        """Number of rows added, without the skipped ones."""
        return self._face.count

    @property
    def parameters(self) -> dict[str, int | float | str]:
        """The parameters by name."""
        return {param.name: param.show(x) for param, x in zip(self.KIND.params, self._face.values, strict=True)}

    def output(self, index: int) -> float | int | None:
        """The last value of one output by its position; None during the warm-up."""
        count = len(self.KIND.outputs)
        if not 0 <= index < count:
            raise InvalidArgument(f"{self.KIND.name} has {count} outputs, was {index}")
        found: Any = self._face.last
        if found is not None and self.VALUE is not None:
            found = found[index]
        return None if found is None else _number(found, self.KIND)

    def reset(self) -> None:
        """Back to the state before the first row."""
        self._face = _Face(self._face.values, self._face.is_first)
        self._start()

    def snapshot(self) -> bytes:
        """The state as bytes, for `restore` of an indicator of the same kind and parameters."""
        face = self._face
        last = face.last if face.last is None or self.VALUE is not None else (face.last,)
        content = [face.count, face.skipped, pack(last), pack(self.get_state(), self.KIND.class_name)]
        return encode_snapshot(self.KIND.name, face.values, content)

    def restore(self, snapshot: bytes) -> None:
        """Go on from a snapshot.

        Raises
        ------
        CorruptData
            If it is not a whole snapshot of this kind with these parameters; the indicator keeps its state.
        """
        count, skipped, last, state = decode_snapshot(snapshot, self.KIND.name, self._face.values, repr(self))
        given: dict[str, Any] = self.parameters
        fresh = type(self)(**given)
        value = unpack(last, None)
        set_to = unpack(state, fresh.get_state())
        self.reset()
        self.set_state(set_to)
        face = self._face
        face.count, face.skipped = count, skipped
        face.last = value if value is None else value[0] if self.VALUE is None else tuple.__new__(self.VALUE, value)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self._face.values, self._face.is_first, self.snapshot())

    def __copy__(self) -> CustomIndicator:
        return _rebuild(type(self), self._face.values, self._face.is_first, self.snapshot())

    def __deepcopy__(self, memo: dict[int, Any]) -> CustomIndicator:
        return self.__copy__()

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.parameters.items())
        return f"{self.KIND.class_name}({shown})"

    # ---- parts of these

    def _start(self) -> None:
        face = self._face
        vars(self).clear()
        self._face = face
        self.setup()
        owner = self.KIND.class_name
        face.lookback, face.settles = (
            _rows(self.lookback, f"{owner}.lookback"),
            _rows(self.settles, f"{owner}.settles"),
        )
        if face.settles <= face.lookback:
            raise InvalidArgument(f"{owner}.settles must be more than lookback ({face.lookback}), was {face.settles}")

    def _outputs(self, found: Any) -> Any:
        """What `step` returned, as the value of a row."""
        kind = self.KIND
        if self.VALUE is None:
            return _number(found, kind)
        if not isinstance(found, tuple | list) or len(found) != len(kind.outputs):
            names = ", ".join(output.name for output in kind.outputs)
            raise InvalidArgument(f"{kind.class_name}.step must return {len(kind.outputs)} values ({names})")
        return tuple.__new__(self.VALUE, [_number(one, kind) for one in found])

    def _run(self, inputs: tuple[NDArray[Any], ...], outputs: list[NDArray[Any]]) -> None:
        empty = 0 if self.KIND.is_integer else np.nan
        for row, values in enumerate(zip(*[column.tolist() for column in inputs], strict=True)):
            found = self.update(*values)
            if self.VALUE is None:
                outputs[0][row] = empty if found is None else found
            else:
                for index, out in enumerate(outputs):
                    out[row] = empty if found is None else found[index]


class CustomFunction:
    """An own indicator over whole columns; see `ColumnFunction`.

    Parameters
    ----------
    cls : type
        Its class.
    """

    def __init__(self, cls: type[CustomIndicator]) -> None:
        self._class = cls
        self.__name__ = self.__qualname__ = cls.KIND.name
        self.__module__ = "velora.ta"
        self.__doc__ = cls.KIND.describe()

    @property
    def kind(self) -> IndicatorKind:
        """Its descriptor."""
        return self._class.KIND

    def __call__(self, *given: Any, axis: int = 0, out: Any = None, **named: Any) -> Any:
        """The outputs at each row."""
        cls = self._class
        named["out"] = out
        inputs, outputs, given = column_arguments(cls.KIND, given, named)
        indicator = cls(*given, **named)
        if inputs[0].ndim == 1:
            indicator._run(inputs, outputs)
        else:
            for x, y in lanes(cls.KIND, inputs, outputs, axis):
                indicator.reset()
                indicator._run(x, y)
        return _result(cls.VALUE, outputs)

    def __repr__(self) -> str:
        return f"<velora.ta.{self.kind.name}: {self.kind.title}>"

    def __reduce__(self) -> str:
        return self.kind.name  # a name of its module, for pickle


def _rebuild(cls: type[CustomIndicator], values: list[float], is_first: bool, snapshot: bytes) -> CustomIndicator:
    """A copy, also of pickle."""
    shown: dict[str, Any] = {param.name: param.show(x) for param, x in zip(cls.KIND.params, values, strict=True)}
    made = cls(**shown, ready_at="first" if is_first else "settled")
    made.restore(snapshot)
    return made


def _result(value: type[tuple[Any, ...]] | None, outputs: list[NDArray[Any]]) -> Any:
    return outputs[0] if value is None else tuple.__new__(value, outputs)


def _number(found: Any, kind: IndicatorKind) -> float | int:
    try:
        if kind.is_integer:
            return 0 if found is None else int(found)
        return np.nan if found is None else float(found)
    except (TypeError, ValueError):
        raise InvalidArgument(f"{kind.class_name}.step must return numbers, was {found!r}") from None


def _rows(value: Any, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 0:
        raise InvalidArgument(f"{what} must be a whole number of at least 0, was {value!r}")
    return int(value)


def _output_property(index: int) -> property:
    def read(self: CustomIndicator) -> float | int | None:
        return self.output(index)

    return property(read, doc="Its last value; None during the warm-up.")


def _param_property(index: int, param: Param) -> property:
    def read(self: CustomIndicator) -> int | float | str:
        return param.show(self._face.values[index])

    return property(read, doc=param.text)


# ---- the descriptor of a class


def _kind_of(cls: type[CustomIndicator]) -> IndicatorKind:
    owner = cls.__name__
    outputs = tuple(Output(one) if isinstance(one, str) else one for one in _sequence(cls.outputs, f"{owner}.outputs"))
    params = _sequence(cls.params, f"{owner}.params")
    name = cls.__dict__.get("name") or snake_case(owner)
    kind = IndicatorKind(
        name=name,
        class_name=owner,
        title=cls.__dict__.get("title") or _first_line(cls) or owner,
        group=cls.group,
        formula=cls.formula,
        source=cls.source,
        notes=cls.notes,
        inputs=_sequence(cls.inputs, f"{owner}.inputs"),
        outputs=outputs,
        params=params,
        is_integer=cls.is_integer,
        is_anchored=cls.is_anchored,
        is_custom=True,
    )
    for output in outputs:
        if not isinstance(output, Output) or output.plot not in PLOTS:
            raise InvalidArgument(
                f"{owner}.outputs must hold names, or Output with plot in {', '.join(PLOTS)}, was {output!r}"
            )
    for param in params:
        _check_param(param, owner)
    _check_names(cls, kind)
    return kind


def _refuse_hidden(cls: type) -> None:
    """Raise where `CustomIndicator` comes before a base whose methods it hides."""
    order = cls.__mro__
    for base in order[order.index(CustomIndicator) + 1 : -1]:
        hidden = [name for name in ("setup", "get_state", "set_state", "lookback", "settles") if name in vars(base)]
        if hidden:
            raise InvalidArgument(
                f"CustomIndicator hides {', '.join(hidden)} of {base.__name__}: "
                f"write class {cls.__name__}({base.__name__}, CustomIndicator)"
            )


def _check_param(param: Any, owner: str) -> None:
    if not isinstance(param, Param):
        raise InvalidArgument(f"{owner}.params must hold Param, was {param!r}")
    if param.type not in ("int", "float", "choice") or (param.type == "choice") != bool(param.choices):
        raise InvalidArgument(
            f"{owner}: {param.name} must have the type int, float, or choice with its choices, was {param.type!r}"
        )
    if not param.low <= param.default <= param.high:
        raise InvalidArgument(f"{owner}: the default of {param.name} must lie between {param.low} and {param.high}")
    if param.choices and param.high != param.low + len(param.choices) - 1:
        raise InvalidArgument(f"{owner}: {param.name} has {len(param.choices)} choices, counted from {param.low:g}")


def _check_names(cls: type[CustomIndicator], kind: IndicatorKind) -> None:
    owner = cls.__name__
    if kind.name == owner:
        raise InvalidArgument(f"{owner}: the function and the class need two names; write the class as {owner.title()}")
    used = [*kind.inputs, *(param.name for param in kind.params)]
    if len(kind.inputs) > 6 or len(kind.outputs) > 14 or len(kind.params) > 12:
        raise InvalidArgument(f"{owner} may have at most 6 inputs, 14 outputs and 12 parameters")
    if len(set(used)) < len(used):
        raise InvalidArgument(f"{owner}: two of its inputs and parameters have the same name")
    if len({output.name for output in kind.outputs}) < len(kind.outputs):
        raise InvalidArgument(f"{owner}: two of its outputs have the same name")
    seen = [param.name for param in kind.params]
    if len(kind.outputs) > 1:
        seen += [output.name for output in kind.outputs]
    if len(set(seen)) < len(seen):
        raise InvalidArgument(f"{owner}: an output and a parameter have the same name")
    for name in (kind.name, *used, *seen, *(output.name for output in kind.outputs)):
        if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_"):
            raise InvalidArgument(f"{owner}: {name!r} is no name for an indicator, a column or a parameter")
    for name in (*kind.inputs, *seen):
        if name in ("axis", "out", "settings", "ready_at"):
            raise InvalidArgument(f"{owner}: {name} is an argument of every indicator; choose another name")
    for name in seen:
        if hasattr(CustomIndicator, name) or name in cls.__dict__:
            raise InvalidArgument(f"{owner}: {name} is an attribute of the class already; choose another name")


def _sequence(found: Any, what: str) -> tuple[Any, ...]:
    if isinstance(found, str) or not isinstance(found, Sequence):
        raise InvalidArgument(f"{what} must be a tuple or a list, was {found!r}")
    return tuple(found)


def _first_line(cls: type) -> str:
    lines = (cls.__dict__.get("__doc__") or "").strip().splitlines()
    return lines[0].strip().rstrip(".") if lines else ""
