"""Makes hostile statements, one after another, from what is public and from what the statements before have made."""

from __future__ import annotations

import importlib
import random
import re
from functools import cache
from typing import Any

from .prelude import K, V
from .surface import Kind, Parameter, Surface, kinds_of, members

#: A value of any type, each the text of an expression.
ANYTHING = (
    "None", "True", "False", "...", "0", "1", "-1", "2", "3", "255", "256", "2**31 - 1", "2**31", "-2**31", "2**32",
    "2**62", "2**63 - 1", "2**63", "-2**63", "-2**63 - 1", "2**64", "10**30", "-10**30", "10**5000", "0.0", "-0.0",
    "0.1", "1.5", "float('nan')", "float('inf')", "-float('inf')", "1e308", "5e-324", "1e18", "''", "' '", "'X'",
    "'Y'", "'x' * 100_000", "'\\ud800'", "'\\0'", "'..'", "'a.b'", "'*'", "'>'", "'1ms'", "'99999d'", "'-1s'", "'1e5'",
    "'nan'", "'9' * 5000", "'\\u0661'", "b''", "b'\\xff' * 9", "bytearray(3)", "()", "[]", "{}", "(1, 2)", "[None]",
    "[[]]", "loop()", "set()", "object()", "int", "object", "vl", "(lambda *a: None)", "1j", "D('NaN')", "D('sNaN')",
    "D('1e9999')", "D('-0')", "D('1e-30')", "fractions.Fraction(1, 3)", "datetime.datetime(1, 1, 1)",
    "datetime.datetime.max", "datetime.timedelta.max", "datetime.date(2024, 1, 1)", "np.int64(-1)", "np.uint8(255)",
    "np.float32('nan')", "np.bool_(True)", "np.datetime64('NaT')", "np.datetime64('2024-01-01')", "range(3)",
    "iter([])", "(i for i in range(3))", "slice(None)", "released()", "memoryview(b'abc')", "array.array('q', [1])",
    "np.zeros(0)", "np.zeros(3)", "np.zeros((2, 2))", "np.array(5)", "np.array(['x'])", "np.array([None])",
    "frozen([1, 2])", "np.arange(9)[::2]", "np.arange(3)[::-1]", "pa.array([1, None])", "pa.table({'a': [1]})",
    "Int(3)", "Int(-1)", "Int(2**63)", "Int('x')", "Int(None)", "Int(0.5)", "Str('X')", "lists([1, 2])",
    "lists([1, 2, 3], clears=True)", "Call()", "Call(answer=2**70)", "Call(fail=Planted())", "Planted()", "type",
    "weakref.ref(INS)", "ctypes.c_int(3)", "NotImplemented", "{'X': 1}", "{1: 2}", "dict(columns())",
)  # fmt: skip

INTS = (
    "0", "1", "2", "3", "5", "-1", "7", "64", "255", "256", "2**31 - 1", "2**31", "2**32", "2**40", "2**62",
    "2**63 - 1", "2**63 - 2", "-2**63", "2**63", "10**30", "10**9", "1000", "100_000", "Int(2)", "True", "np.int64(3)",
)  # fmt: skip
SMALL = ("0", "1", "2", "3", "1", "2", "5", "8")
FLOATS = ("0.0", "1.0", "0.5", "3000.0", "2.5", "-1.0", "float('nan')", "float('inf')", "1e308", "1e-300", "'3000.1'",
          "D('2999.9')", "100")  # fmt: skip
DURATIONS = ("'1ms'", "'10ms'", "'100ms'", "'1s'", "0", "1", "10**6", "10**9", "2**63 - 1", "'99999d'", "-1", "'1h'",
             "datetime.timedelta(milliseconds=5)", "2**62", "10**18")  # fmt: skip
TIMES = ("T", "T + 10**6", "T + 10**9", "T - 1", "0", "-1", "2**63 - 1", "-2**63", "'2024-01-01'", "T + 5 * 10**8",
         "'2024-01-01T00:00:00.5'", "2**62")  # fmt: skip
PRICES = ("29_990", "30_010", "30_000", "29_985", "30_020", "1", "0", "-1", "2**62", "2**63 - 1", "-2**63", "60_000",
          "29_995", "10**9")  # fmt: skip
LOTS = ("1", "2", "3", "5", "10", "100", "0", "-1", "2**62", "2**63 - 1", "-2**63", "10**12")
COLUMNS_OF = {
    "ts": "ts_event", "ts_event": "ts_event", "ts_recv": "ts_recv", "kind": "kind", "side": "side", "flags": "flags",
    "price": "price", "qty": "qty", "order_id": "order_id",
}  # fmt: skip
ARRAYS = (
    "np.zeros(3, np.int64)", "np.arange(40)", "np.zeros(60, np.uint8)", "np.full(60, 2**63 - 1)",
    "np.full(60, -2**63)", "np.arange(120)[::2]", "np.arange(60)[::-1]", "np.zeros((60, 2), np.int64)",
    "np.zeros(0, np.int64)", "np.zeros(60)", "np.full(60, np.nan)", "np.zeros(60, '>i8')", "np.zeros(60, object)",
    "frozen(np.arange(60))", "released()", "memoryview(bytearray(60))", "np.full(60, 255, np.uint8)",
    "np.arange(60).astype('M8[ns]')", "np.zeros(60, '?')", "np.frombuffer(b'x' * 480, np.int64)", "[1] * 60",
)  # fmt: skip
#: Objects to begin with, by the class that an annotation may name; each is made anew.
MADE = {
    "Instrument": ("INS", "INS2"),
    "OrderBookL2": ("book()", "engine().levels", "vl.OrderBookL2(INS2)"),
    "OrderBookL3": ("book3()",),
    "QuoteBook": ("quotes()",),
    "EventTable": ("table()", "by_order()", "table(60)"),
    "EventSource": ("table()", "by_order()", "Source()", "vl.SyntheticMarket(events=90)"),
    "Columns": ("table()", "columns()"),
    "MessageBus": ("bus()",),
    "Topic": ("bus().topic('a.b')",),
    "Strategy": ("Actor()", "vl.Strategy()"),
    "StrategyBase": ("Actor()", "vl.Strategy()"),
    "Backtest": ("backtest()",),
    "Run": ("run()", "run(until=None)"),
    "Result": ("result()",),
    "PacedRun": ("live()",),
    "LocalClock": ("Clock()", "ManualClock(1000)", "ManualClock()"),
    "Kernel": ("kernel()", "run()._replay.kernel"),
    "SimulatedVenue": ("venue()", "venue('power3')", "venue(Model())"),
    "QueueModel": ("'power2'", "Model()", "vl.QueueModel('risk_averse')", "Model(answer=float('nan'))"),
    "MatchingEngine": ("engine()",),
    "Feed": ("feed()", "feed(True)"),
    "Latency": ("vl.Latency()", "vl.Latency('1ms')", "'1ms'"),
    "JournalWriter": ("writer()",),
    "JournalRecord": ("records()[1]", "records()[2]", "records()[-1]"),
    "Replay": ("replay()", "run()._replay"),
    "Intake": ("intake()",),
    "BookSnapshot": ("book().snapshot()",),
    "Catalog": ("catalog()",),
    "Impact": ("vl.Impact.of('square_root(sigma_d=600, volume_d=20000)')",),
}
#: What a world may begin with.
WORLDS = (
    "book()", "book3()", "quotes()", "engine()", "bus()", "run({actor})", "run({actor})", "run({actor}, {options})",
    "run({actor}, {options})", "live({actor})", "live({actor}, clock=Clock({action}))", "kernel({actor})", "venue()",
    "venue(Model({action}))", "result({actor}, {options})", "replay({actor})", "driver({actor})", "intake({actor})",
    "table(60)", "by_order()", "feed()", "records()", "writer()", "catalog()", "vl.BookMeasures(book())",
    "run({actor}, data=Source({action}))", "run({actor}, queue=Model({action}))", "backtest({actor}, {options})",
    "run({actor}, data=by_order())", "live({actor}, journal='of-live.journal')", "run({actor}, until=None)",
)  # fmt: skip
OPTIONS = (
    "retention=0, sink=Call({action})", "retention=0, sink=Call({action}, fail=Planted()), chunk_rows=16",
    "queue=Model({action})", "queue='power2', trace_queue=True", "data=[table(), table(200, INS2)]", "sample=0",
    "warmup='50ms'", "on_error='stop'", "on_error='stop', fail=Planted()", "fail=Planted()", "latency='99999d'",
    "sample='1ms'", "retention=5", "fuse_quotes=True", "take_unknown=True", "cash=1000", "latency='normal(5ms, 2ms)'",
    "impact='square_root(sigma_d=600, volume_d=20000)'", "queue=Model(answer=2.0**80)", "measure_callbacks=True",
    "rules='hftbacktest', queue='power2'", "queue=Model({action}, fail=Planted())", "end='2024-01-01T00:00:00.1'",
    "start='2024-01-01T00:00:00.1'", "children='whole', oco='cancel'", "latency=2**63 - 1", "sample=2**63 - 1",
)  # fmt: skip
STRATEGY_ARGUMENTS = {
    "instrument": ("s.instruments[0]", "'X'", "INS", "INS2", "s.instruments[-1]"),
    "symbol": ("s.instruments[0]", "'X'"),
    "order": ("e", "K[0]", "K[1]", "K[-1]", "s.orders()[0]", "(s.orders() or [None])[-1]"),
    "order_id": ("1", "2", "3", "0", "100"),
    "timer_id": ("1", "2", "3"),
}
_DUNDERS = (
    "repr({x})", "str({x})", "hash({x})", "len({x})", "list({x})", "bool({x})", "int({x})", "float({x})",
    "dir({x})", "{x} == {y}", "{x} < {y}", "{x} != {y}", "{y} == {x}", "{x}[{a}]", "{x} + {y}", "{a} in {x}",
    "copy.copy({x})", "copy.deepcopy({x})", "round_trip({x})", "round_trip({x}, 5)", "{x}.__reduce__()",
    "{x}.__reduce_ex__(2)", "memoryview({x})", "np.asarray({x})", "iter({x})", "next({x})", "{x}.__sizeof__()",
    "{x}.__init__({a})", "{x}.__init__()", "type({x}).__new__(type({x}))", "type({x})()", "type({x})({a})",
    "type({x})({a}, {b})", "sub(type({x}))()", "sub(type({x}))({a})", "sub(type({x})).__new__(sub(type({x})))",
    "{x}.__setstate_cython__({s})", "{x}.__setstate__({s})", "{x}.__reduce_cython__()", "{x}.__enter__()",
    "{x}.__exit__({a}, {b}, {a})", "{x}({a})", "{x}()", "{x}(*{a})", "setattr({x}, '__class__', {a})", "vars({x})",
    "setattr({x}, '__dict__', {a})", "weakref.ref({x})", "format({x}, 'x')", "sum({x})", "sorted({x})", "abs({x})",
    "-{x}", "{x} * {a}", "{x}.__hash__()", "gc.get_referents({x})", "pickle.dumps({x})", "type({x}).mro()",
    "{x}.__rich__()", "{x}.__array__()", "{x}.__del__()", "{x}.__index__()", "reversed({x})", "{x}.__dealloc__()",
    "setattr({x}, 'x', {a})", "{x}.__repr__()", "type({x}).__repr__({y})", "{x} is {y}", "isinstance({x}, {a})",
)  # fmt: skip
_STATES = ("()", "(1,)", "(None,)", "({a},)", "({a}, {b})", "{a}", "(1, 2, 3, 4, 5, 6, 7, 8, 9)", "({{}},)",
           "[]", "(None,) * 30")  # fmt: skip
_WORD = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
#: Libraries whose objects velora returns: what their own methods do with hostile arguments is theirs.
_FOREIGN = ("pandas", "plotly", "polars", "pyarrow", "rich")
#: What would leave the hunt's folder, end the process or wait for the world.
_NOT = {
    ("PacedRun", "run"), ("PacedRun", "run_async"), ("Alarm", "wait"), ("SyntheticMarket", "table"),
}  # fmt: skip
_SLOW_FUNCTIONS = {"import_files", "load_config"}


def holds(value: Any) -> bool:
    """Whether something is worth keeping for later statements."""
    if value is None or isinstance(value, (bool, int, float, str, bytes, type)):
        return False
    if isinstance(value, (list, tuple, dict)):
        return (0 < len(value) < 1000 and type(value).__module__ != "builtins") or (bool(value) and len(value) < 60)
    return True


class Writer:
    """Writes the statements of one script; looks at `V` and `K` for what there is."""

    def __init__(self, known: Surface, seed: object) -> None:
        self.known, self.random, self.next, self.note = known, random.Random(repr(seed)), 0, ""
        self._share = 0.0
        self._kinds = [one for key, one in sorted(known.kinds.items()) for _ in range(_weight(key[0]))]
        self._functions = [one for one in sorted(known.functions) for _ in range(_weight(one[0]))]

    # -------------------------------------------------------------- choices

    def chance(self, share: float) -> bool:
        """Whether something of this share happens."""
        return self.random.random() < share

    def of(self, values: Any) -> Any:
        """One of several."""
        return values[self.random.randrange(len(values))]

    def anything(self) -> str:
        """A value of any type."""
        if self.chance(0.15) and V:
            return self.thing()
        if self.chance(0.05):
            return self.of((f"Int({self.of(SMALL)}, lambda: {self.action(1)})",
                            f"lists([1, INS, None], lambda: {self.action(1)})",
                            f"Last(lambda: {self.action(1)})", f"Call(lambda: {self.action(1)})"))  # fmt: skip
        return self.of(ANYTHING)

    def thing(self, name: str | None = None) -> str:
        """Something that there is, of a class of this name where one is given and there is any."""
        if name is not None:
            found = [f"V[{at}]" for at, one in V.items() if _is_a(one, name)]
            found += [f"K[{at}]" for at, one in enumerate(K) if _is_a(one, name)]
            if found and self.chance(0.8):
                return self.of(found)
            if name in MADE:
                return self.of(MADE[name])
            return self.of(found) if found else self.of(ANYTHING)
        places = [f"V[{at}]" for at, one in V.items() for _ in range(_worth(one))]
        places += [f"K[{at}]" for at, one in enumerate(K) if _worth(one) > 1 and self.chance(0.5)]
        return self.of(places) if places else self.of(ANYTHING)

    def action(self, depth: int = 0) -> str:
        """What a callback does: any statement's expression."""
        return self.expression(depth + 1)

    def callback(self, depth: int) -> str:
        """Something to be called."""
        if depth >= 2:
            return self.of(("Call()", "Call(fail=Planted())", "Call(answer=-1)"))
        actions = ", ".join(f"lambda *a: {self.action(depth)}" for _ in range(self.random.randrange(3)))
        extra = self.of(("", "", "", f"answer={self.of(ANYTHING)}", "fail=Planted()"))
        return f"Call({', '.join(part for part in (actions, extra) if part)})"

    # -------------------------------------------------------------- arguments

    def argument(self, one: Parameter, depth: int, hostile: float = 0.15) -> str:
        """A value for a parameter, one that it may take more often than not."""
        if self.chance(hostile):
            return self.anything()
        self._share = hostile
        return self._fitting(one.name, one.annotation, depth)

    def _near(self, values: tuple[str, ...], sane: int) -> str:
        """One of the first values, which are sane, or of all where the call is hostile."""
        return self.of(values if self.chance(self._share * 2) else values[:sane])

    def _fitting(self, name: str, annotation: str, depth: int) -> str:
        words = set(_WORD.findall(annotation))
        if name in ("path", "root", "folder", "directory", "url", "target", "file", "to"):
            return self.of(("'here'", "'deep/er'", "Path('there')", "'of-live.journal'", "'catalog'", "journal()"))
        if "NDArray" in words or "ndarray" in words or "Buffer" in words:
            column = COLUMNS_OF.get(name)
            if column is not None and not self.chance(self._share * 2):
                return f"columns()[{column!r}]"
            return self.of(ARRAYS)
        if "Callable" in words or name.startswith("on_") or name in ("callback", "handler", "progress", "sink"):
            return self.callback(depth)
        for word in sorted(words):
            if word in MADE or any(word == kind for _, kind in self.known.kinds):
                if name in ("symbol",):
                    break
                if word[0].isupper() and self.chance(0.85):
                    value = self._kind_value(word, depth)
                    if value is not None:
                        is_many = words & {"list", "Sequence", "Iterable", "tuple"}
                        return f"[{value}]" if is_many and self.chance(0.9) else value
        if name.endswith("_ticks") or name == "price":
            return self._near(PRICES, 5)
        if name.endswith("_lots") or name == "qty":
            return self._near(LOTS, 5)
        if name.startswith("ts") or name in ("start", "end", "until", "now_ns", "at", "expiry", "deadline_ns"):
            return self._near(TIMES, 3)
        if "_Duration" in words or name.endswith("_ns") or name in ("duration", "interval", "latency", "sample"):
            return self._near(DURATIONS, 4)
        if name in ("side", "kind", "index", "action", "type", "tif", "flags", "order_id", "owner", "instrument"):
            if name == "instrument":
                return self.of(("INS", "'X'", "INS2"))
            return self._near(("0", "1", "0", "1", "2", "3", "5", "-1", "255", "100", "4", "2**31", "2**63 - 1"), 5)
        if name in ("n", "levels", "rows", "budget", "period", "size", "count", "events", "chunk_rows", "capacity"):
            return self._near(("1", "2", "3", "5", "64", "0", "10**6", "-1", "2**63 - 1"), 5)
        if "bool" in words:
            return self.of(("True", "False"))
        if "int" in words:
            return self._near(INTS, 5)
        if "float" in words or "Decimal" in words or "_Number" in words:
            return self._near(FLOATS, 4)
        literals = re.findall(r"'[a-z_A-Z0-9]+'", annotation)
        if literals:
            return self.of(literals)
        if "str" in words:
            return self.of(("'X'", "'a.b'", "'a.*'", "'e'", "'left'", "'on_trade'", "'fills'", "'X@'", "''", "'GTC'"))
        if words & {"list", "Sequence", "Iterable", "tuple"}:
            return f"[{self.of(ANYTHING)}]"
        if words & {"dict", "Mapping"}:
            return f"{{'X': {self.of(ANYTHING)}}}"
        return self.anything()

    def _kind_value(self, word: str, depth: int) -> str | None:
        if self.chance(0.6):
            found = [f"V[{at}]" for at, one in V.items() if _is_a(one, word)]
            found += [f"K[{at}]" for at, one in enumerate(K) if _is_a(one, word)]
            if found:
                return self.of(found)
        if word in MADE:
            return self.of(MADE[word])
        kinds = [one for one in self._kinds if one.name == word]
        if not kinds or depth > 2:
            return None
        kind = self.of(kinds)
        values = list(getattr(_runtime(kind), "__members__", ()))
        if values:
            return f"{_path(kind)}.{self.of(values)}"
        return self.construct(kind, depth + 1)

    def arguments(self, parameters: tuple[Parameter, ...], depth: int, special: Any = None) -> str:
        """Arguments of a call, some of them missing, wrong or too many."""
        hostile = self.of((0.0, 0.05, 0.2, 0.6))
        parts = []
        for one in parameters:
            if one.kind in ("rest", "keywords"):
                if one.kind == "rest" and self.chance(0.3):
                    parts.append(self.argument(one, depth, hostile))
                continue
            if one.has_default and self.chance(0.6):
                if one.kind == "plain":
                    parts_left = [p for p in parameters if p.kind == "keyword"]
                    parameters = tuple(parts_left)
                    parts += [
                        f"{keyword.name}={self._given(keyword, depth, hostile, special)}"
                        for keyword in parts_left
                        if not keyword.has_default or self.chance(0.3)
                    ]
                    break
                continue
            value = self._given(one, depth, hostile, special)
            parts.append(value if one.kind == "plain" else f"{one.name}={value}")
        if self.chance(0.03):
            parts.insert(0, self.anything())
        return ", ".join(part if "=" in part.split("(")[0] or not _has_keyword(parts[:at]) else f"*[{part}]"
                         for at, part in enumerate(parts))  # fmt: skip

    def _given(self, one: Parameter, depth: int, hostile: float, special: Any) -> str:
        if special is not None and one.name in special and not self.chance(hostile):
            return self.of(special[one.name])
        return self.argument(one, depth, hostile)

    # -------------------------------------------------------------- expressions

    def construct(self, kind: Kind, depth: int = 0) -> str:
        """An object of a class."""
        if depth == 0:
            self.note = kind.name
        if kind.name in MADE and self.chance(0.3):
            return self.of(MADE[kind.name])
        return f"{_path(kind)}({self.arguments(kind.init, depth)})"

    def world(self) -> str:
        """Something whole to begin with."""
        self.note = "world"
        return self._filled(self.of(WORLDS))

    def _filled(self, text: str) -> str:
        def value(found: re.Match[str]) -> str:
            if found[1] == "actor":
                return ", ".join(self.hook_action() for _ in range(self.random.randrange(5))) or "*()"
            if found[1] == "action":
                return f"lambda *a: {self.action(1)}"
            return self._filled(self.of(OPTIONS))

        return re.sub(r"\{(actor|action|options)\}", value, text)

    def hook_action(self) -> str:
        """What a strategy does in a hook: mostly one of its own methods."""
        if self.chance(0.2):
            return f"lambda s, e: {self.action(1)}"
        kinds = [one for one in self._kinds if one.name in ("StrategyBase", "Strategy")]
        own = [(name, parameters) for one in kinds for name, parameters in one.methods.items()
               if not name.startswith(("on_", "__"))]  # fmt: skip
        name, parameters = self.of(own)
        call = f"s.{name}({self.arguments(parameters, 1, STRATEGY_ARGUMENTS)})"
        if self.chance(0.15):
            call = f"(s.batch().__enter__(), {call})"
        return f"lambda s, e: keep({call})" if self.chance(0.5) else f"lambda s, e: {call}"

    def expression(self, depth: int = 0) -> str:
        """Any call."""
        if depth > 3:
            return self.of(ANYTHING)
        way = self.random.random()
        if way < 0.10:
            return self.construct(self.of(self._kinds), depth)
        if way < 0.16:
            module, name = self.of(self._functions)
            if name not in _SLOW_FUNCTIONS:
                if depth == 0:
                    self.note = f"function {name}"
                return f"m({module!r}).{name}({self.arguments(self.known.functions[module, name], depth)})"
        if way < 0.19:
            kind = self.of(self._kinds)
            return f"{_path(kind)}.__new__({_path(kind)}{self.of(('', '', f', {self.anything()}'))})"
        if way < 0.22:
            kind = self.of(self._kinds)
            if kind.statics:
                name = self.of(sorted(kind.statics))
                return f"{_path(kind)}.{name}({self.arguments(kind.statics[name], depth)})"
        if way < 0.24 and depth == 0:
            return self.world()
        if way < 0.26 and depth == 0:
            return f"threads(lambda: {self.expression(2)}, lambda: {self.expression(2)})"
        if way < 0.27:
            return self.of(("gc.collect()", "V.clear()", "K.clear()", "K.reverse()", f"V.pop({self._number()}, None)"))
        return self.on_object(depth)

    def _number(self) -> int:
        return self.of(list(V)) if V else 0

    def on_object(self, depth: int) -> str:
        """A call of a method, an attribute or an operator of something that there is."""
        target = self.thing()
        value = _look(target)
        if value is None:
            return self.construct(self.of(self._kinds), depth)
        kind = type(value)
        if depth == 0:
            self.note = f"a call of {kind.__name__}"
        if kind.__module__.partition(".")[0] in _FOREIGN:
            return f"repr({target})"
        if isinstance(value, (list, tuple)) and value and self.chance(0.7):
            return f"{target}[{self.of((0, -1, len(value) // 2))}]"
        if isinstance(value, dict) and value and self.chance(0.5):
            return f"list({target}.values())[{self.of((0, -1))}]"
        way = self.random.random()
        if way < 0.22:
            return self._operator(target)
        kinds = kinds_of(self.known, kind)
        names = sorted({name for one in kinds for name in (*one.methods, *one.values, *one.statics)})
        if not names or way < 0.27:
            names = [name for name in members(value) if name not in ("__class__", "__del__")]
        if not names:
            return self._operator(target)
        name = self.of(names)
        if depth == 0:
            self.note += f".{name}"
        if any((one.__name__, name) in _NOT for one in kind.__mro__):
            return self._operator(target)
        for one in kinds:
            if name in one.methods:
                parameters = one.methods[name]
                if self.chance(0.03):
                    return f"type({target}).{name}({self.thing()}, {self.arguments(parameters, depth)})"
                return f"{target}.{name}({self.arguments(parameters, depth)})"
            if name in one.statics:
                return f"{target}.{name}({self.arguments(one.statics[name], depth)})"
        if way < 0.32 and not name.startswith("__"):
            return self.of((f"setattr({target}, {name!r}, {self.anything()})", f"delattr({target}, {name!r})"))
        found = getattr(kind, name, None)
        if callable(found) and not isinstance(found, type):
            count = self.random.randrange(4)
            return f"{target}.{name}({', '.join(self.anything() for _ in range(count))})"
        return f"{target}.{name}"

    def _operator(self, target: str) -> str:
        text = self.of(_DUNDERS)
        state = self.of(_STATES).format(a=self.anything(), b=self.anything())
        return text.format(x=target, y=self.thing(), a=self.anything(), b=self.anything(), s=state)

    # -------------------------------------------------------------- statements

    def statement(self) -> str:
        """The next statement; the values that it makes are kept under a number."""
        self.next += 1
        if self.next <= 3:
            return f"V[{self.next}] = {self.world()}"
        self.note = ""
        text = self.expression()
        return f"V[{self.next}] = {text}"


def _has_keyword(parts: list[str]) -> bool:
    return any(re.match(r"[a-z_]+=", part) for part in parts)


def _is_a(value: Any, name: str) -> bool:
    return any(one.__name__ == name for one in type(value).__mro__)


@cache
def _weight(module: str) -> int:
    """How often something of a module is chosen: compiled code can do more harm than the rest."""
    if module.startswith("velora.testkit"):
        return 1
    place = getattr(importlib.import_module(module), "__file__", None) or ""
    return 2 if place.endswith(".py") else 8


@cache
def _worth_of(kind: type) -> int:
    ours = [one.__module__ for one in kind.__mro__ if one.__module__.startswith("velora")]
    return max((_weight(one) for one in ours), default=1)


def _worth(value: Any) -> int:
    return _worth_of(type(value))


def _look(target: str) -> Any:
    match = re.fullmatch(r"([VK])\[(\d+)\]", target)
    if match is None:
        return None
    at = int(match[2])
    return V.get(at) if match[1] == "V" else (K[at] if at < len(K) else None)


def _path(kind: Kind) -> str:
    return f"m({kind.module!r}).{kind.name}"


def _runtime(kind: Kind) -> Any:
    return getattr(importlib.import_module(kind.module), kind.name, None)
