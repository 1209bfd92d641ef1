"""Load-dependent latency of a venue, and faults on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from velora.core.clock import DurationLike, duration_ns
from velora.core.numbers import number
from velora.errors import InvalidArgument

__all__ = ["LatencyFaults", "LatencyLoad"]


#: Steps in which the window moves: VEL_LOAD_STEPS of latency.h.
_STEPS = 64


@dataclass(frozen=True)
class LatencyLoad:
    """Latency that grows with the venue's message rate, as the wait in a queue with one server.

    The recorded rows of the venue's instruments within a trailing window stand for the messages that it handles. At a
    rate lam, with a service time S, the utilization is rho = lam E[S], and the mean wait of the M/G/1 queue is W = lam
    E[S^2] / (2 (1 - rho)). W is added to the latency of a command, at the rate when it is sent, and of a report, at the
    rate when the venue sends it. Only rows recorded up to then count.

    Parameters
    ----------
    service : duration
        Mean service time of one recorded row, above 0.
    window : duration
        Length over which rows are counted. It moves in 64 steps, so the count covers its last 63 to 64 steps.
    cv : float
        Coefficient of variation of the service time: 0 is constant, 1 exponential.
    most : duration
        The longest wait; also the wait while the rate exceeds the server's capacity.

    Notes
    -----
    After construction `service`, `window` and `most` are ns.
    """

    service: DurationLike
    window: DurationLike = "100ms"
    cv: float = 1.0
    most: DurationLike = "1s"

    def __post_init__(self) -> None:
        for name, least in (("service", 1), ("window", _STEPS), ("most", 0)):
            value = duration_ns(getattr(self, name), f"{name} of a load")
            if value < least:
                raise InvalidArgument(f"{name} of a load must be at least {least} ns, was {getattr(self, name)!r}")
            object.__setattr__(self, name, value)
        object.__setattr__(self, "cv", number("cv of a load", self.cv, 0, 100))

    @property
    def service_ns(self) -> int:
        """Mean service time, ns."""
        return duration_ns(self.service)

    @property
    def window_ns(self) -> int:
        """Length of the window, ns."""
        return duration_ns(self.window)

    @property
    def most_ns(self) -> int:
        """The longest wait, ns."""
        return duration_ns(self.most)

    @property
    def step_ns(self) -> int:
        """Length of one step of the window, ns."""
        return self.window_ns // _STEPS

    def wait_ns(self, rate: float) -> int:
        """Mean wait at a rate of rows per second."""
        rho = rate * self.service_ns / 1e9
        if rho >= 1:
            return self.most_ns
        return min(self.most_ns, int(rho * self.service_ns * self.spread / (1 - rho)))

    @property
    def spread(self) -> float:
        """E[S^2] / (2 E[S]^2)."""
        return (1 + self.cv * self.cv) / 2

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values for a result's record."""
        return {"service_ns": self.service_ns, "window_ns": self.window_ns, "cv": self.cv, "most_ns": self.most_ns}


_ACTIONS = ("new", "amend", "cancel")
_Share = float | Mapping[str, float]


def _shares(name: str, value: Any) -> tuple[float, float, float]:
    """Probabilities of new orders, amends and cancels."""
    if isinstance(value, Mapping):
        unknown = sorted(map(str, set(value) - set(_ACTIONS)))
        if unknown:
            raise InvalidArgument(f"keys of {name} must be from {', '.join(_ACTIONS)}, was {unknown[0]!r}")
        given = tuple(value.get(action, 0) for action in _ACTIONS)
    else:
        given = value if isinstance(value, tuple) else (value,) * 3
    shares = tuple(number(name, share, 0, 1) for share in given)
    if len(shares) != 3:
        raise InvalidArgument(
            f"{name} must be a probability between 0 and 1, or a mapping of new, amend and cancel, was {value!r}"
        )
    return (shares[0], shares[1], shares[2])


@dataclass(frozen=True)
class LatencyFaults:
    """Faults of commands on their way, each with a probability.

    A probability is one number for all commands, or a mapping of ``new``, ``amend`` and ``cancel`` with missing keys
    counting as 0. Each command draws once, from a stream of its own.

    Parameters
    ----------
    refused : float or mapping
        Refused by the venue's gateway: the command never reaches the matching engine, and the refusal returns the usual
        way, with the reason GATEWAY.
    overloaded : float or mapping
        Refused for load, with the reason OVERLOADED: the probability at full utilisation. It rises linearly from 0 at
        `overload_from`, and needs a `LatencyLoad`.
    lost : float or mapping
        The request is lost. After `timeout` its order is UNKNOWN, and the local side queries the venue: a lost new
        order is then rejected with the reason TIMEOUT, an order whose amend or cancel was lost is as it was.
    unanswered : float or mapping
        The answer is lost: the command takes effect at the venue. After `timeout` its order is UNKNOWN, and then all
        reports about it arrive, fills included.
    timeout : duration
        Time from sending a command until its order is UNKNOWN, for want of an answer. A query is never lost.
    overload_from : float
        Utilisation from which commands are refused for load, within [0, 1).
    """

    refused: _Share = 0.0
    overloaded: _Share = 0.0
    lost: _Share = 0.0
    unanswered: _Share = 0.0
    timeout: DurationLike = "10s"
    overload_from: float = 0.8

    def __post_init__(self) -> None:
        for name in ("refused", "overloaded", "lost", "unanswered"):
            object.__setattr__(self, name, _shares(name, getattr(self, name)))
        timeout = duration_ns(self.timeout, "timeout")
        if timeout < 0:
            raise InvalidArgument(f"timeout must be at least 0, was {self.timeout!r}")
        object.__setattr__(self, "timeout", timeout)
        object.__setattr__(self, "overload_from", number("overload_from", self.overload_from, 0, 1))
        if not self.overload_from < 1:
            raise InvalidArgument(f"overload_from must be at least 0 and below 1, was {self.overload_from}")
        for at, action in enumerate(_ACTIONS):
            total = sum(self.by_action(name)[at] for name in ("refused", "overloaded", "lost", "unanswered"))
            if total > 1 + 1e-12:
                raise InvalidArgument(f"the faults of a {action} add up to {total:g}, more than 1")

    def by_action(self, name: str) -> tuple[float, float, float]:
        """The probability of a fault for new orders, amends and cancels."""
        shares: tuple[float, float, float] = getattr(self, name)
        return shares

    @property
    def timeout_ns(self) -> int:
        """Time after which a loss is detected, ns."""
        return duration_ns(self.timeout)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values for a result's record; faults with probability 0 are left out."""
        out: dict[str, Any] = {}
        for name in ("refused", "overloaded", "lost", "unanswered"):
            shares = self.by_action(name)
            if any(shares):
                out[name] = shares[0] if len(set(shares)) == 1 else dict(zip(_ACTIONS, shares, strict=True))
        if "overloaded" in out:
            out["overload_from"] = self.overload_from
        return out | {"timeout_ns": self.timeout_ns}
