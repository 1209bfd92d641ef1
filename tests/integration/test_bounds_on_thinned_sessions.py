"""True fills of recorded sessions by order lie between the bounds when the sessions are thinned."""

from __future__ import annotations

import pytest

import velora as vl
from velora.backtest.bounds_check import check_bounds
from velora.backtest.thinning import THINNINGS
from velora.data.importers import detect_format, import_files

#: Shares that hold in each cell, and the most of the pessimist's fills that the truth never has, of all orders.
INSIDE_MIN = 0.99
INSIDE_FILLED_MIN = 0.97
OVER_FILLED_MAX = 0.001

GOOG = "lobster/LOBSTER_SampleFile_GOOG_2012-06-21_10.zip"
ES = "databento_cme/esh4-glbx-mdp3-20231225.mbo.dbn.zst"
MINUTE_NS = 60_000_000_000

#: By session: the minutes that are used, how many orders, and the thinnings that hold.
CELLS = [
    (GOOG, 60, 2_000, list(THINNINGS)),
    (ES, None, 2_000, list(THINNINGS)),
]


@pytest.mark.parametrize(("file", "minutes", "orders", "thinnings"), CELLS, ids=["GOOG", "ES"])
def test_true_fills_lie_between_the_bounds_of_a_thinned_session(
    file, minutes, orders, thinnings, shared_data, tmp_path
):
    path = shared_data / file
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    import_files([path], catalog, format=detect_format([path]))
    table = catalog.source(catalog.names()[0]).table()
    if minutes is not None:
        table = table.between(None, int(table.ts_recv[0]) + minutes * MINUTE_NS)
    check = check_bounds(table, orders, thinnings=thinnings)
    assert len(check.cells) == 5 * len(thinnings)
    for cell in check.cells:
        assert cell.orders == (orders if cell.away is None else orders / 4)
        assert cell.inside_share >= INSIDE_MIN, cell
        assert cell.inside_filled_share >= INSIDE_FILLED_MIN, cell
        assert cell.over_filled <= OVER_FILLED_MAX * cell.orders, cell
    assert check.cell(thinnings[0]).filled > 0.05 * orders
