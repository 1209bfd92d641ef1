"""`sweep`: one backtest for each cell of a grid of values, in processes."""

from __future__ import annotations

import itertools
import math
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from velora.backtest.cells import Outcome, Pool
from velora.backtest.result import Result
from velora.core.life import StrategyState
from velora.core.numbers import shown, whole_number
from velora.errors import InvalidArgument, MissingDependency, NotFound

if TYPE_CHECKING:
    import pyarrow as pa

    from velora.backtest.run import Backtest

__all__ = ["Cell", "Sweep", "sweep"]

#: Figures of each cell, in the order of the table's columns.
FIGURES = ("pnl", "sharpe", "max_drawdown", "fills", "orders", "fees_paid", "turnover", "hash", "elapsed_s")
#: Figures of which less is better.
_COSTS = ("max_drawdown", "fees_paid", "elapsed_s")
_WORKERS_MAX = 4_096
#: Rows that the text of a sweep shows.
_SHOWN_ROWS = 20

Metric = str | Callable[[Result], float | None]
Progress = Callable[[int, int], object]


@dataclass(frozen=True)
class Cell:
    """One backtest of a sweep.

    Attributes
    ----------
    parameters : dict
        Values that the factory was called with.
    figures : dict
        ``pnl``, ``sharpe``, ``max_drawdown``, ``fees_paid`` and ``turnover`` in the settlement currency (None where the
        run settles in several), ``fills``, ``orders``, ``hash`` and ``elapsed_s`` (s), and a metric of your own under
        its name. Empty where the cell failed or did not run.
    error : str or None
        The exception's class and message, where the cell failed.
    traceback : str or None
        Where in the code it was raised.
    result : Result or None
        With ``keep=True``.
    """

    parameters: Mapping[str, Any]
    figures: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None
    traceback: str | None = field(default=None, repr=False)
    result: Result | None = field(default=None, repr=False)

    def __getitem__(self, name: str) -> Any:
        """A figure or a parameter by name."""
        for values in (self.figures, self.parameters):
            if name in values:
                return values[name]
        known = ", ".join((*self.figures, *self.parameters))
        raise NotFound(f"the cell has no figure or parameter {name!r}; it has {known}")


class Sweep:
    """What `sweep` returns: the cells in the order of the grid, whatever the order in which they ran.

    Attributes
    ----------
    cells : tuple of Cell
    metric : str
        The figure that `best` and `heat_map` take by default.
    """

    def __init__(self, cells: Sequence[Cell], metric: str) -> None:
        self.cells = tuple(cells)
        self.metric = metric

    def __len__(self) -> int:
        return len(self.cells)

    def __iter__(self) -> Iterator[Cell]:
        return iter(self.cells)

    @property
    def errors(self) -> list[Cell]:
        """Cells that failed."""
        return [cell for cell in self.cells if cell.error is not None]

    @property
    def results(self) -> list[Result | None]:
        """The result of each cell, None where it failed or was not kept."""
        return [cell.result for cell in self.cells]

    @property
    def is_complete(self) -> bool:
        """Whether every cell ran; False after Ctrl-C."""
        return all(cell.figures or cell.error for cell in self.cells)

    @property
    def table(self) -> pa.Table:
        """Parameters, figures and ``error``: one row for each cell.

        Values that Arrow has no type for, and columns of several types, are text.
        """
        import pyarrow as pa

        columns: dict[str, Any] = {}
        for name in self._parameters():
            columns[name] = _arrow([cell.parameters.get(name) for cell in self.cells])
        for name in self._figures():
            columns[name] = _arrow([cell.figures.get(name) for cell in self.cells])
        columns["error"] = pa.array([cell.error for cell in self.cells], pa.string())
        return pa.table(columns)

    def to_pandas(self) -> Any:
        """The table as a pandas DataFrame."""
        return self.table.to_pandas()

    def best(self, metric: str | None = None, *, lowest: bool | None = None) -> Cell:
        """The cell with the best figure; the first of equal ones.

        Parameters
        ----------
        metric : str, optional
            Name of a figure, the sweep's own by default. Cells without it are left out.
        lowest : bool, optional
            Whether less is better: by default for max_drawdown, fees_paid and elapsed_s.

        Raises
        ------
        InvalidArgument
            If no cell has the figure; the message quotes the first error.
        """
        name = self.metric if metric is None else metric
        self._check_figure(name)
        sign = -1 if (name in _COSTS if lowest is None else lowest) else 1
        having = [cell for cell in self.cells if _is_number(cell.figures.get(name))]
        if not having:
            first = next((cell.error for cell in self.errors), None)
            raise InvalidArgument(
                f"no cell has a figure {name!r}" + (f"; the first error was {first}" if first else "")
            )
        return max(having, key=lambda cell: sign * cell.figures[name])

    def heat_map(self, x: str, y: str, metric: str | None = None, **fixed: Any) -> Any:
        """A figure over two parameters, as a plotly Figure.

        Parameters
        ----------
        x, y : str
            Names of parameters.
        metric : str, optional
            Name of a figure, the sweep's own by default.
        **fixed
            Values of the other parameters, where a pair of `x` and `y` has several cells.

        Raises
        ------
        InvalidArgument
            If a name is unknown, or a pair has several cells.
        MissingDependency
            If plotly is not installed.
        """
        name = self.metric if metric is None else metric
        self._check_figure(name)
        if x == y:
            raise InvalidArgument(f"x and y must be two parameters, were both {x!r}")
        for parameter in (x, y, *fixed):
            if parameter not in self._parameters():
                raise InvalidArgument(
                    f"the sweep has no parameter {parameter!r}; it has {', '.join(self._parameters())}"
                )
        cells = [cell for cell in self.cells if all(cell.parameters.get(key) == value for key, value in fixed.items())]
        found: dict[tuple[Any, Any], Any] = {}
        for cell in cells:
            at = (cell.parameters.get(x), cell.parameters.get(y))
            if at in found:
                others = [one for one in self._parameters() if one not in (x, y, *fixed)]
                cure = (
                    f"fix the others, such as {others[0]}={cell.parameters.get(others[0])!r}"
                    if others
                    else "it repeats"
                )
                raise InvalidArgument(f"several cells have {x}={at[0]!r}, {y}={at[1]!r}: {cure}")
            found[at] = cell.figures.get(name)
        try:
            import plotly.graph_objects as go
        except ImportError:
            raise MissingDependency(
                'a heat map needs plotly; install it with: pip install "velora-hft[report]"'
            ) from None
        across, down = (list(dict.fromkeys(cell.parameters.get(one) for cell in cells)) for one in (x, y))
        z = [[found.get((one, other)) for one in across] for other in down]
        figure = go.Figure(
            go.Heatmap(x=[str(one) for one in across], y=[str(one) for one in down], z=z, colorbar={"title": name})
        )
        figure.update_layout(xaxis={"title": x, "type": "category"}, yaxis={"title": y, "type": "category"})
        return figure

    def __repr__(self) -> str:
        parts = [f"{len(self)} cells"]
        if self.errors:
            parts.append(f"{len(self.errors)} failed: {shown(self.errors[0].error)}")
        if not self.is_complete:
            parts.append("interrupted")
        if any(_is_number(cell.figures.get(self.metric)) for cell in self.cells):
            best = self.best()
            values = ", ".join(f"{key}={value!r}" for key, value in best.parameters.items())
            parts.append(f"best {self.metric} {best.figures[self.metric]:.6g} at {values}")
        return f"Sweep({'; '.join(parts)})"

    def __str__(self) -> str:
        names, rows = self._rows()
        widths = [max(len(row[at]) for row in (names, *rows)) for at in range(len(names))]
        lines = [
            "  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)).rstrip()
            for row in (names, *rows)
        ]
        return "\n".join([*lines, repr(self)])

    def _repr_html_(self) -> str:
        names, rows = self._rows()
        head = "".join(f"<th>{escape(name)}</th>" for name in names)
        body = "".join(f"<tr>{''.join(f'<td>{escape(text)}</td>' for text in row)}</tr>" for row in rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>{escape(repr(self))}</p>"

    def _rows(self) -> tuple[list[str], list[list[str]]]:
        """Names and texts of the columns that people read; the best cells first."""
        figures = list(dict.fromkeys((self.metric, "pnl", "sharpe", "max_drawdown", "fills", "fees_paid")))
        having = [cell for cell in self.cells if _is_number(cell.figures.get(self.metric))]
        sign = 1 if self.metric in _COSTS else -1
        ranked = sorted(having, key=lambda cell: sign * cell.figures[self.metric])[:_SHOWN_ROWS]
        names = [*self._parameters(), *figures]
        return names, [
            [_text(cell.parameters.get(name)) for name in self._parameters()]
            + [_text(cell.figures.get(name)) for name in figures]
            for cell in ranked
        ]

    def _parameters(self) -> list[str]:
        return list(dict.fromkeys(name for cell in self.cells for name in cell.parameters))

    def _figures(self) -> list[str]:
        return list(dict.fromkeys((*FIGURES, self.metric)))

    def _check_figure(self, name: str) -> None:
        if name not in self._figures():
            raise InvalidArgument(f"there is no figure {name!r}; known: {', '.join(self._figures())}")


def sweep(
    factory: Callable[..., Backtest],
    grid: Mapping[str, Any] | Iterable[Mapping[str, Any]],
    *,
    workers: int | None = None,
    metric: Metric = "pnl",
    progress: bool | Progress | None = None,
    keep: bool = False,
) -> Sweep:
    """Run a backtest for each cell of a grid, in several processes.

    Parameters
    ----------
    factory : callable
        Called with a cell's values by name; returns a `Backtest` with a new strategy. Load the data outside of it:
        where processes are forked (Linux) all of them share it, elsewhere each worker gets it once.
    grid : mapping of str to values, or iterable of mappings
        All combinations of the values, the last name running fastest; or the cells themselves. A string or a number
        counts as one value.
    workers : int, optional
        Number of processes: the CPUs that this process may use by default, 1 for none besides this one. The table does
        not depend on it, except for `elapsed_s`.
    metric : str or callable
        The figure by which cells are compared, or a function of the `Result` that returns one; its name becomes that of
        the figure.
    progress : bool or callable, optional
        Whether to show a bar on the terminal, by default where there is one; or a function called with the number of
        cells that ended and of all.
    keep : bool
        Whether to keep each cell's `Result`, which costs memory.

    Returns
    -------
    Sweep
        A cell that raises keeps its error, and the others go on. After Ctrl-C the cells that have ended are there.

    Raises
    ------
    InvalidArgument
        If the grid is empty or the factory cannot reach the workers; the message gives the remedy.

    Examples
    --------
    >>> def quoter(half_spread, qty):  # doctest: +SKIP
    ...     return Backtest(data=table, strategy=Quoter(half_spread=half_spread, qty=qty), latency="5ms")
    >>> found = sweep(quoter, {"half_spread": [1, 2, 3], "qty": [0.01, 0.1]})  # doctest: +SKIP
    >>> found.best("sharpe").parameters  # doctest: +SKIP
    {'half_spread': 2, 'qty': 0.1}
    """
    if not callable(factory):
        raise InvalidArgument(f"factory must be a function that returns a Backtest, was {shown(factory)}")
    cells = _cells(grid)
    name = metric if isinstance(metric, str) else getattr(metric, "__name__", "metric").replace("<lambda>", "metric")
    if not callable(metric) and metric not in FIGURES:
        raise InvalidArgument(f"metric must be one of {', '.join(FIGURES)} or a function of the Result, was {metric!r}")
    if callable(metric) and name in FIGURES:
        raise InvalidArgument(f"the function's name {name!r} is that of a figure: give it another")
    for parameter in dict.fromkeys(key for cell in cells for key in cell):
        if parameter in (*FIGURES, name, "error"):
            raise InvalidArgument(f"the parameter {parameter!r} has the name of a figure: rename it in the factory")
    count = _cpus() if workers is None else whole_number("workers", workers, 1, _WORKERS_MAX)
    task = _Task(factory, name, metric if callable(metric) else None, keep)
    done: dict[int, Outcome] = {}
    with _shown_progress(progress, len(cells)) as report:
        try:
            with closing(Pool(task, min(count, len(cells))).run(cells)) as outcomes:
                for at, outcome in outcomes:
                    done[at] = outcome
                    report(len(done), len(cells))
        except KeyboardInterrupt:
            pass  # what has ended is kept: `is_complete` is False
    return Sweep([_cell(values, done.get(at)) for at, values in enumerate(cells)], name)


@dataclass(frozen=True)
class _Task:
    """The work of one cell; sent to each worker once."""

    factory: Callable[..., Any]
    name: str
    metric: Callable[[Result], float | None] | None
    keep: bool

    def __call__(self, values: Mapping[str, Any]) -> Outcome:
        try:
            result = self._backtest(values).run()
            figures = _figures_of(result)
            if self.metric is not None:
                found = self.metric(result)
                figures[self.name] = None if found is None else float(found)
            return Outcome(figures, result=result if self.keep else None)
        except (Exception, SystemExit) as error:
            return Outcome({}, f"{type(error).__name__}: {error}", traceback.format_exc())

    def _backtest(self, values: Mapping[str, Any]) -> Backtest:
        from velora.backtest.run import Backtest

        backtest = self.factory(**values)
        if not isinstance(backtest, Backtest):
            raise InvalidArgument(f"the factory must return a Backtest, was {shown(backtest)}")
        for strategy in backtest.strategies.values():
            if strategy.life is not StrategyState.NEW:
                raise InvalidArgument(
                    "the factory returned a strategy that has run already: make a new one in each call"
                )
        return backtest


def _figures_of(result: Result) -> dict[str, Any]:
    found = result.statistics()
    money = found["money"][0] if len(found["money"]) == 1 else {}
    return {
        "pnl": money.get("pnl"),
        "sharpe": money.get("sharpe"),
        "max_drawdown": money.get("max_drawdown"),
        "fills": found["fills"],
        "orders": found["orders"],
        "fees_paid": money.get("fees"),
        "turnover": money.get("turnover"),
        "hash": result.hash,
        "elapsed_s": result.elapsed_s,
    }


def _cell(values: Mapping[str, Any], outcome: Outcome | None) -> Cell:
    if outcome is None:
        return Cell(values)
    return Cell(values, outcome.figures, outcome.error, outcome.traceback, outcome.result)


def _cells(grid: Any) -> list[dict[str, Any]]:
    """The cells of a grid, in order."""
    if isinstance(grid, Mapping):
        columns = [_values(values) for values in grid.values()]
        for name, values in zip(grid, columns, strict=True):
            if not values:
                raise InvalidArgument(f"the grid has no values of {name!r}")
        cells = [dict(zip(grid, values, strict=True)) for values in itertools.product(*columns)] if columns else []
    elif isinstance(grid, Iterable) and not isinstance(grid, str | bytes):
        listed = list(grid)
        for cell in listed:
            if not isinstance(cell, Mapping):
                raise InvalidArgument(f"a cell must be a mapping such as {{'qty': 0.1}}, was {shown(cell)}")
        cells = [dict(cell) for cell in listed]
    else:
        raise InvalidArgument(f"grid must be a mapping of names to values or a list of mappings, was {shown(grid)}")
    if not cells:
        raise InvalidArgument("the grid has no cells")
    for cell in cells:
        for name in cell:
            if not isinstance(name, str):
                raise InvalidArgument(f"names of parameters must be text, was {shown(name)}")
    return cells


def _values(values: Any) -> list[Any]:
    """The values of one name; those of an array become plain Python numbers."""
    if hasattr(values, "tolist"):
        values = values.tolist()
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        return [values]
    return [value.item() if type(value).__module__ == "numpy" and hasattr(value, "item") else value for value in values]


def _cpus() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not math.isnan(value)


def _arrow(values: list[Any]) -> Any:
    import pyarrow as pa

    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        return pa.array([None if value is None else str(value) for value in values], pa.string())


def _text(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:,.6g}" if isinstance(value, float) else str(value)


@contextmanager
def _shown_progress(progress: bool | Progress | None, total: int) -> Iterator[Progress]:
    """A function that shows how many cells have ended: on a bar, to the user's function, or nowhere."""
    if callable(progress):
        yield progress
        return
    if progress is False or (progress is None and not sys.stderr.isatty()):
        yield lambda done, of: None
        return
    from rich.progress import MofNCompleteColumn

    from velora.core.progress import terminal_bar

    with terminal_bar("backtests", total, MofNCompleteColumn()) as (bar, task):
        yield lambda done, of: bar.update(task, completed=done)
