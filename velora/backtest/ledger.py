"""Exact money of a result's records: what each fill was worth and how the account went, in units of the currency."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from velora.backtest import statistics as st
from velora.backtest.changes import Changes, pieces_of
from velora.backtest.money import Exact, Groups, difference, exactly, groups_of, joined, plus, running, scaled
from velora.backtest.totals import ACCOUNT, ESTIMATES, mark_fraction

if TYPE_CHECKING:
    from velora.backtest.result import Result

__all__ = ["HORIZONS", "Ledger"]

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

#: Markouts are measured this long after a fill.
HORIZONS = ESTIMATES[1:]
_AMOUNTS = ("realized", "unrealized", "fee")


class Ledger:
    """Money of the records of a result; everything is made when first asked for.

    Parameters
    ----------
    result : Result
    """

    def __init__(self, result: Result) -> None:
        self._result = result
        self._groups: dict[str, Groups] = {}
        self._equity: dict[tuple[str, bool], dict[str, Any]] = {}
        self._fills: tuple[dict[str, Exact], dict[str, Bools]] | None = None
        self._samples: dict[str, Any] | None = None
        instruments = result.instruments
        self._units = {
            currency: min(one.money_unit for one in instruments if one.settle == currency)
            for currency in result.currencies
        }
        #: Units of the currency in one of the instrument; a power of ten.
        self.scales = [int(one.money_unit / self._units[one.settle]) for one in instruments]

    def rows(self, name: str, index: int, strategy: int | None = None) -> Ints:
        """Places of an instrument's records, of one strategy or of all."""
        by_pair = strategy is not None and len(self._result.strategies) > 1
        key = f"{name} by pair" if by_pair else name
        if key not in self._groups:
            records = getattr(self._result, f"{name}_raw")
            keys = records["instrument"].astype(np.int64)
            if by_pair:
                keys = keys * len(self._result.strategies) + records["strategy"]
            self._groups[key] = groups_of(keys)
        if by_pair and strategy is not None:
            return self._groups[key].rows(index * len(self._result.strategies) + strategy)
        return self._groups[key].rows(index)

    def pairs(self, name: str) -> list[tuple[int, int]]:
        """(instrument, strategy) of all that have records."""
        count = len(self._result.strategies)
        if count == 1:
            self.rows(name, 0)
            return [(index, 0) for index in self._groups[name].keys.tolist()]
        self.rows(name, 0, 0)
        return [divmod(key, count) for key in self._groups[f"{name} by pair"].keys.tolist()]

    # ------------------------------------------------------------------ fills

    def fills(self) -> tuple[dict[str, Exact], dict[str, Bools]]:
        """Value, fee, realised PnL, PnL to the end, edge and markouts of every fill; and where the two last are
        known."""
        if self._fills is None:
            self._fills = self._make_fills()
        return self._fills

    def _make_fills(self) -> tuple[dict[str, Exact], dict[str, Bools]]:
        fills = self._result.fills_raw
        estimates = ("edge", *(name for name, _ in HORIZONS))
        money: dict[str, Exact] = {
            name: np.zeros(fills.size, np.int64) for name in ("notional", "fee", "realized", "pnl", *estimates)
        }
        measured = {name: np.zeros(fills.size, np.bool_) for name in estimates}
        whole = self._result._whole or self._result
        sign = np.where(fills["side"] == 0, 1, -1).astype(np.int64)
        value: Exact = np.zeros(fills.size, np.int64)
        for index, instrument in enumerate(self._result.instruments):
            rows = self.rows("fills", index)
            if rows.size == 0:
                continue
            own, scale = fills[rows], self.scales[index]
            mult, inverse = instrument.value_mult, instrument.is_inverse
            of = st.fill_values(own["price"], own["qty"], mult, inverse)
            value = _put(value, rows, of)
            for name, amounts in (("notional", np.abs(of)), ("fee", own["fee"]), ("realized", own["realized"])):
                money[name] = _put(money[name], rows, scaled(amounts, scale))
            samples = whole.samples_raw[whole._ledger.rows("samples", index)]
            mids = {"edge": own["mid_x2"]}
            for name, horizon in HORIZONS:
                mids[name] = st.markout_mid2(own["ts_local"], horizon, samples["ts"], samples["mid_x2"])
            for name, mid_x2 in mids.items():
                known = mid_x2 != 0
                at_mid = st.values_at_mid(mid_x2, own["qty"], mult, inverse)
                gain = np.where(known, (-1 if inverse else 1) * sign[rows] * difference(at_mid, of), 0)
                measured[name][rows] = known
                money[name] = _put(money[name], rows, scaled(gain, scale))
        for index, strategy in self.pairs("fills"):
            rows = self.rows("fills", index, strategy)
            pnl = self._to_end(index, strategy, rows, sign[rows], value[rows])
            money["pnl"] = _put(money["pnl"], rows, scaled(pnl, self.scales[index]))
        return money, measured

    def _to_end(self, index: int, strategy: int, rows: Ints, sign: Ints, value: Exact) -> Exact:
        """PnL of a strategy's fills of an instrument up to the end of the run."""
        own = self._result.fills_raw[rows]
        mark = self.end_mark(index, strategy)
        if mark is None:
            return difference(own["realized"], own["fee"])
        lots = sign * own["qty"]
        before = own["position"][:1] - lots[:1]  # not flat where retention dropped earlier fills
        share = st.end_values(np.concatenate([before, lots]), *mark)[1:]
        gain = difference(share, sign * value)
        return difference(-gain if self._result.instruments[index].is_inverse else gain, own["fee"])

    def end_mark(self, index: int, strategy: int) -> tuple[int, int] | None:
        """What a lot of a strategy's instrument is worth at its last sample: money units as a fraction.

        None where nothing said so; see `velora.core.orders.Position.mark`.
        """
        found = self._result.totals.end_marks.get((index, strategy))
        return None if found is None else mark_fraction(self._result.instruments[index], *found)

    # ------------------------------------------------------------------ samples

    def samples(self) -> dict[str, Any]:
        """Realised, unrealised and fee of every sample. ``known`` is False where a position was open and nothing said
        what it was worth; ``unrealized`` is 0 there."""
        if self._samples is None:
            raw = self._result.samples_raw
            scale = exactly(*self.scales)[raw["instrument"]]
            self._samples = {name: scaled(raw[name], scale) for name in _AMOUNTS}
            self._samples["known"] = (raw["position"] == 0) | (raw["mark_source"] != 0)
        return self._samples

    def equity(self, currency: str, *, with_unknown: bool = False) -> dict[str, Any]:
        """The account at its sample instants, those left out at which an open position had no mark."""
        key = (currency, with_unknown)
        if key not in self._equity:
            curve = self._make_equity(currency) if with_unknown else self.equity(currency, with_unknown=True)
            if not with_unknown and not curve["known"].all():
                curve = {name: values[curve["known"]] for name, values in curve.items()}
            self._equity[key] = curve
        return self._equity[key]

    def _make_equity(self, currency: str) -> dict[str, Any]:
        result = self._result
        of = np.array([one.settle == currency for one in result.instruments])
        raw = result.samples_raw if of.all() else result.samples_raw[of[result.samples_raw["instrument"]]]
        instants = result.instants_raw["ts"]
        if raw.size == 0:
            ts, known = instants, np.ones(instants.size, np.bool_)
            money: dict[str, Exact] = {name: np.zeros(instants.size, np.int64) for name in _AMOUNTS}
        else:
            ts, known, money = self._sums_at_samples(raw)
            if instants.size:
                ts, known, money = _between(np.union1d(ts, instants), ts, known, money)
        whole = max(self._whole_from(raw), ts[0] if ts.size else 0)
        if ts.size and whole > ts[0]:
            ts, known, money = ts[ts >= whole], known[ts >= whole], {k: one[ts >= whole] for k, one in money.items()}
        elif ts.size and instants.size and ts[0] == instants[0] and any(int(one[0]) for one in money.values()):
            # The fills of the first instant came after its sample, at which nothing had happened.
            ts, known = np.concatenate([ts[:1], ts]), np.append(True, known)
            money = {name: joined(np.zeros(1, np.int64), column) for name, column in money.items()}
        pnl = difference(plus(money["realized"], money["unrealized"]), money["fee"])
        equity = plus(pnl, exactly(result.start_cash_units(currency)))
        return {"ts": ts, **money, "known": known, "pnl": pnl, "equity": equity}

    def _sums_at_samples(self, raw: npt.NDArray[Any]) -> tuple[Ints, Bools, dict[str, Exact]]:
        """The instants of samples, whether every open position has a mark, and the sums over all of them."""
        instruments = self._result.instruments
        directions = np.array([-1 if one.is_inverse else 1 for one in instruments], np.int64)
        changes, scales = Changes(directions, len(self._result.strategies)), exactly(*self.scales)
        instants: list[Ints] = []
        parts: dict[str, list[Exact]] = {name: [] for name in (*_AMOUNTS, "known")}
        for piece in pieces_of(raw):
            rows = changes.next(piece)
            last = rows.last_of_instants()
            instants.append(rows.ts[last])
            for name, found in parts.items():
                steps = rows.steps[name] if name == "known" else scaled(rows.steps[name], scales[rows.instrument])
                found.append(running(steps, int(found[-1][-1]) if found else 0)[last])
        ts = np.concatenate(instants)
        last = np.append(ts[1:] != ts[:-1], True)  # a piece may end within an instant
        sums = {name: joined(*found)[last] for name, found in parts.items()}
        return ts[last], sums.pop("known") == 0, sums

    def _whole_from(self, raw: npt.NDArray[Any]) -> int:
        """From when on all records are here that a curve needs; those before were dropped by a retention bound."""
        result, totals = self._result, self._result.totals
        instants = result.instants_raw["ts"]
        begins = [0]
        if instants.size and totals.first_ts is not None and instants[0] > totals.first_ts:
            begins.append(int(instants[0]))
        if result.dropped["samples"] and raw.size:
            begins.append(int(raw["ts"][0]))
            by = groups_of(raw["instrument"].astype(np.int64) * len(result.strategies) + raw["strategy"])
            for key, first in zip(by.keys.tolist(), raw["ts"][by.order[by.starts]].tolist(), strict=True):
                index, strategy = divmod(key, len(result.strategies))
                sums = totals.holdings.get((strategy if len(result.strategies) > 1 else ACCOUNT, index))
                if sums is not None and sums.first_ts is not None and sums.first_ts < first:
                    begins.append(first)  # it had others before
        return max(begins)


def _between(ts: Ints, at: Ints, known: Bools, money: dict[str, Exact]) -> tuple[Ints, Bools, dict[str, Exact]]:
    """Sums that hold from some instants on, at others: nothing before the first."""
    place = np.searchsorted(at, ts, side="right")
    nothing = np.zeros(1, np.int64)
    return ts, np.append(True, known)[place], {name: joined(nothing, column)[place] for name, column in money.items()}


def _put(values: Exact, rows: Ints, some: Exact) -> Exact:
    """The values with some rows set; they become Python ints where those need it."""
    if some.dtype == object and values.dtype != object:
        values = values.astype(object)
    values[rows] = some
    return values
