"""The frame of a study: its options, its market, and its reports."""

from __future__ import annotations

import pytest

import velora as vl
from velora.core.events import EventKind
from velora.data import sample
from velora.strategy.examples import MarketMaker
from velora.testkit import study
from velora.testkit.pairs import lagging_pair


def test_market_is_synthetic_unless_a_session_is_given(tmp_path):
    made = sample("binance-capture", tmp_path, duration="1s")
    plain = study.parser("doc").parse_args([])
    assert study.market(plain, "1s").instrument.symbol == "SYNUSDT"
    given = study.parser("doc").parse_args(["--session", str(made.files[0]), "--symbol", "SYNUSDT@binance_usdm"])
    assert study.market(given).instrument.venue == "binance_usdm"
    twice = study.parser("doc").parse_args(["--session", str(made.files[0]), "--session", str(made.files[0])])
    assert len(study.sessions(twice)) == 2
    with pytest.raises(SystemExit, match="one instrument"):
        study.market(twice)
    wrong = study.parser("doc").parse_args(["--session", str(tmp_path / "no.gz")])
    with pytest.raises(SystemExit, match="does not exist"):
        study.market(wrong)


def test_study_without_a_session_has_no_such_option():
    with pytest.raises(SystemExit):
        study.parser("doc", session=False).parse_args(["--session", "x"])


@pytest.mark.parametrize("orders", [False, True])
def test_clip_is_about_the_notional(orders):
    table = vl.SyntheticMarket(1, duration="1s", orders=orders, quotes=False).table()
    lots = study.clip(table, 600.0)
    assert 500 < lots * 0.001 * 3000 < 700
    assert study.clip(table, 0.0) == 1


def test_reports_are_written_one_a_result(tmp_path, capsys):
    pytest.importorskip("plotly", reason="the report needs plotly")
    result = vl.Backtest(vl.SyntheticMarket(1, duration="2s"), MarketMaker(qty_lots=10, cap_lots=100)).run()
    parser = study.parser("doc", session=False)
    assert study.write_html(parser.parse_args([]), {"a": result}) == []
    file = str(tmp_path / "out.html")
    given = parser.parse_args(["--html", file])
    assert [path.name for path in study.write_html(given, {"a": result})] == ["out.html"]
    names = [path.name for path in study.write_html(given, {"trust 1": result, "2/3, x": result})]
    assert names == ["out-trust-1.html", "out-2-3-x.html"]
    assert all((tmp_path / name).stat().st_size > 0 for name in names)
    assert capsys.readouterr().out.count("report: ") == 3
    with pytest.raises(SystemExit, match="error"):
        study.write_html(parser.parse_args(["--html", str(tmp_path / "none" / "x.html")]), {"a": result})


def test_pair_is_seeded_and_the_follower_comes_later():
    first, second = (lagging_pair("100ms", duration="5s", seed=3) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        assert one.price.tolist() == other.price.tolist()
        assert one.ts_recv.tolist() == other.ts_recv.tolist()
    leader, follower = first
    assert set(follower.kind.tolist()) == {int(EventKind.QUOTE)}
    assert follower.ts_event[0] - leader.ts_recv[leader.kind == EventKind.QUOTE][0] >= 100_000_000


def test_pair_without_moves_is_refused():
    with pytest.raises(vl.VeloraError, match="two moves"):
        lagging_pair("1ms", duration="1ms")
