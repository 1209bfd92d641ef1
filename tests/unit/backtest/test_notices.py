"""What the summary and the report say before all figures."""

from __future__ import annotations

from typing import Any

import pytest

import velora as vl
from velora.backtest.formats import format_money, money_digits
from velora.backtest.notices import notices, without_latency
from velora.backtest.report import render_html


def market(events: int = 20_000) -> Any:
    return vl.SyntheticMarket(7, events=events).table()


class Unprotected(vl.Strategy):
    """Buys at once; its stop triggers above the market and is refused."""

    closes = False

    def on_start(self) -> None:
        self.every("1s", self.act)
        self.turn = 0

    def act(self) -> None:
        symbol, self.turn = self.instruments[0], self.turn + 1
        if self.turn == 1:
            self.buy(symbol, 1.0)
        elif self.turn == 2:
            self.sell(symbol, 1.0, stop=1e6, reduce_only=True)
        elif self.turn == 5 and self.closes:
            self.sell(symbol, 1.0)


class Closing(Unprotected):
    closes = True


class Refused(vl.Strategy):
    """Quotes through the market as a maker only."""

    def on_start(self) -> None:
        self.every("1s", self.act)

    def act(self) -> None:
        ask = self.book(self.instruments[0]).best_ask
        if ask is not None:
            self.buy(self.instruments[0], 0.1, ask, post_only=True)


class Idle(vl.Strategy):
    pass


def run(strategy: vl.Strategy, **options: Any) -> vl.Result:
    return vl.Backtest(market(), strategy, **({"latency": "1ms", "cash": 1_000_000} | options)).run()


def test_refused_protection_of_an_open_position_names_the_order_and_how_long_it_stood() -> None:
    result = run(Unprotected())
    order = next(row for row in result.orders.to_pylist() if row["state"] == "REJECTED")
    label, text = notices(result)[0]
    assert label == "Unprotected"
    assert f"order {order['order_id']} ({order['reason']}): +1 SYNUSDT stood to the end of the run" in text
    assert text in str(result.summary())
    assert text in render_html(result).partition("</header>")[0]


def test_refused_protection_of_a_position_that_was_closed_says_the_span() -> None:
    ((label, text),) = notices(run(Closing()))
    assert label == "Unprotected"
    assert "+1 SYNUSDT stood 3.0 s" in text


def test_refusal_of_most_orders_is_said_first() -> None:
    result = run(Refused())
    label, text = notices(result)[0]
    refused = [row for row in result.orders.to_pylist() if row["state"] == "REJECTED"]
    assert len(refused) > len(result.orders) / 2
    assert label == "Refused"
    assert f"{len(refused):,} of {len(result.orders):,} orders" in text
    assert f"{len(refused):,} POST_ONLY" in text


def test_run_without_anything_to_warn_of_has_no_notice() -> None:
    result = run(Idle())
    assert notices(result) == []
    assert "Look first" not in str(result.summary())


def test_equity_below_zero_is_said() -> None:
    result = run(Unprotected(), cash=1)
    assert any(label == "Buying power" and "equity fell to -" in text for label, text in notices(result))


@pytest.mark.parametrize(("latency", "said"), [(0, "latency=0"), ("1ms", "")])
def test_first_line_of_the_summary_says_that_there_was_no_latency(latency: Any, said: str) -> None:
    result = run(Idle(), latency=latency)
    assert without_latency(result) == said
    assert ("latency=0" in str(result.summary()).splitlines()[0]) is bool(said)


def test_no_latency_on_one_of_two_instruments_names_it() -> None:
    table = market()
    names = ("kind", "side", "price", "qty", "ts_event", "ts_recv", "flags")
    columns = {name: getattr(table, name) for name in names}
    instruments = [table.instrument.replace(venue=venue) for venue in ("near", "far")]
    data = [vl.EventTable.from_numpy(one, **columns) for one in instruments]
    result = vl.Backtest(data, Idle(), latency={"near": 0, "far": "1ms"}).run()
    assert without_latency(result) == "latency=0 on SYNUSDT@near"


def test_less_than_a_day_has_no_ratio_of_a_year() -> None:
    assert "n/a (a year is not scaled from less than a day" in str(run(Closing()).summary())


def test_amounts_side_by_side_have_the_same_decimals() -> None:
    values = (0.00012843, -0.1749, 0.0, 0.2041)
    shown = [format_money(value, money_digits(*values), signed=True) for value in values]
    assert shown == ["+0.0001", "-0.1749", "0.0000", "+0.2041"]
    assert format_money(-0.00001, 4, signed=True) == "0.0000"
