"""How far to trust a backtest: what its fills rest on, what its data can resolve, and what was assumed.

Each finding has a grade and one sentence of advice. The grades are rules of thumb (docs/how_to/read_the_report.md says
which); they are about how well the run imitates the market, not about whether the strategy is good. What nothing looked
at is unknown, never good.

`Result.audit(data)` looks at the data once more. What it finds stays with the result, as "look" of its `data`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from velora.backtest.audit.assumptions import assumption_items
from velora.backtest.audit.data import clock_items, data_items
from velora.backtest.audit.doubts import doubt_items
from velora.backtest.audit.fills import evidence_of, fill_items
from velora.backtest.audit.findings import EVIDENCE, GRADES, Audit, AuditItem, AuditSection, Evidence
from velora.backtest.audit.latency import latency_items
from velora.backtest.audit.look import look_again
from velora.backtest.audit.power import power_items

if TYPE_CHECKING:
    from velora.backtest.result import Result

__all__ = ["EVIDENCE", "GRADES", "Audit", "AuditItem", "AuditSection", "Evidence", "audit"]


def audit(result: Result, data: object = None) -> Audit:
    """The audit of a result; see `Result.audit`."""
    if data is not None:
        look_again(result, data)
    sections = [AuditSection("Fills", fill_items(result))]
    sections.append(AuditSection("What is not known", doubt_items(result)))
    for index, instrument in enumerate(result.names):
        title = "Data" if len(result.instruments) == 1 else f"Data: {instrument}"
        sections.append(AuditSection(title, data_items(result, index)))
    clocks = clock_items(result)
    if clocks:
        sections.append(AuditSection("Data of several instruments", clocks))
    sections.append(AuditSection("Buying power", power_items(result)))
    sections.append(AuditSection("Latency", latency_items(result)))
    sections.append(AuditSection("Assumptions", assumption_items(result)))
    return Audit(result.strategy, result.hash, evidence_of(result), sections, result.data)
