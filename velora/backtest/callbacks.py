"""How long a strategy's callbacks take, measured on this machine's clock.

The only clock in a backtest, and it goes nowhere but into this record: a run that measures has the hash of one that
does not. What was measured becomes the decision leg of a later run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from velora.errors import InvalidArgument
from velora.sim.distribution import LatencyDistribution

__all__ = ["CallbackClock", "CallbackTime", "CallbackTimes"]

#: Samples kept of a hook. When they are full every second one goes, and so on.
_KEPT = 1 << 20


@dataclass(frozen=True, slots=True)
class CallbackTime:
    """How long the calls of one hook took; ns.

    Attributes
    ----------
    count : int
        Number of calls.
    p50_ns, p99_ns, max_ns : int
        Median, 99th percentile and longest time of a call, ns.
    """

    count: int
    p50_ns: int
    p99_ns: int
    max_ns: int


class _Samples:
    """Every 2^n-th of a sequence, n growing so that the memory does not."""

    def __init__(self) -> None:
        self.values = np.zeros(1024, np.int64)
        self.kept = self.count = self.largest = 0
        self.stride = 1

    def add(self, value: int) -> None:
        if self.count % self.stride == 0:
            if self.kept == len(self.values):
                self._make_room()
            if self.count % self.stride == 0:
                self.values[self.kept] = value
                self.kept += 1
        self.count += 1
        if value > self.largest:
            self.largest = value

    def _make_room(self) -> None:
        if self.kept < _KEPT:
            self.values = np.concatenate([self.values, np.zeros(self.kept, np.int64)])
        else:
            self.kept //= 2
            self.values[: self.kept] = self.values[::2].copy()
            self.stride *= 2


class CallbackClock:
    """Wraps callbacks so that each call is timed."""

    def __init__(self) -> None:
        self._hooks: dict[str, _Samples] = {}

    def wrap(self, name: str, callback: Callable[..., Any]) -> Callable[..., Any]:
        """The callback, its calls timed under the name of its hook."""
        add = self._hooks.setdefault(name, _Samples()).add
        now = time.perf_counter_ns

        def timed(*arguments: Any) -> Any:
            began = now()
            try:
                return callback(*arguments)
            finally:
                add(now() - began)

        return timed

    def times(self) -> CallbackTimes:
        """What was measured so far."""
        hooks = {}
        samples = {}
        for name, one in sorted(self._hooks.items()):
            if one.count:
                samples[name] = one.values[: one.kept].copy()
                p50, p99 = (int(value) for value in np.quantile(samples[name], (0.5, 0.99), method="higher"))
                hooks[name] = CallbackTime(one.count, p50, p99, one.largest)
        return CallbackTimes(hooks, samples)


class CallbackTimes:
    """How long the callbacks of a run took, by hook.

    Parameters
    ----------
    by_hook : mapping of str to CallbackTime
        ``on_trade``, ``on_book`` and so on; ``timer`` is what was given to `every`, `at` and `after`.
    samples : mapping of str to array, optional
        Measured times in ns, all of them up to a million of a hook, then evenly spaced ones; a saved result has none.
    """

    def __init__(
        self, by_hook: Mapping[str, CallbackTime], samples: Mapping[str, NDArray[np.int64]] | None = None
    ) -> None:
        self.by_hook = dict(by_hook)
        self._samples = dict(samples or {})

    def __repr__(self) -> str:
        calls = sum(one.count for one in self.by_hook.values())
        return f"CallbackTimes({calls} calls of {', '.join(self.by_hook) or 'nothing'})"

    def samples_ns(self, hook: str | None = None) -> NDArray[np.int64]:
        """Measured times of one hook, or of all.

        Raises
        ------
        InvalidArgument
            If that hook was not called, or the samples were not kept.
        """
        if hook is not None and hook not in self._samples:
            raise InvalidArgument(f"there are no times of {hook!r}; known are {', '.join(self._samples) or 'none'}")
        chosen = list(self._samples.values()) if hook is None else [self._samples[hook]]
        return np.concatenate(chosen) if chosen else np.empty(0, np.int64)

    def distribution(self, hook: str | None = None) -> LatencyDistribution:
        """The decision leg of a later run: ``Latency(decision=result.callback_times.distribution())``."""
        return LatencyDistribution.of_samples(self.samples_ns(hook))

    @property
    def total(self) -> CallbackTime:
        """Of all hooks together. The quantiles are the highest of the hooks' where the samples were not kept."""
        hooks = self.by_hook.values()
        if not hooks:
            return CallbackTime(0, 0, 0, 0)
        p50, p99 = max(one.p50_ns for one in hooks), max(one.p99_ns for one in hooks)
        samples = self.samples_ns()
        if samples.size:
            p50, p99 = (int(value) for value in np.quantile(samples, (0.5, 0.99), method="higher"))
        return CallbackTime(sum(one.count for one in hooks), p50, p99, max(one.max_ns for one in hooks))

    def to_dict(self) -> dict[str, dict[str, int]]:
        """JSON-ready, by hook."""
        return {name: asdict(one) for name, one in self.by_hook.items()}

    @staticmethod
    def from_dict(values: Mapping[str, Mapping[str, int]]) -> CallbackTimes:
        """What `to_dict` made."""
        return CallbackTimes({name: CallbackTime(**one) for name, one in values.items()})
