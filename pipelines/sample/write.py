"""Write the sample company: its CRM and ERP exports, and what is true of them.

Belongs here: the one public entry. Does not: any rule of how the company behaves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from pipelines.sample.crm_files import write_crm
from pipelines.sample.erp_masters import master_tables
from pipelines.sample.erp_schedules import schedule_tables
from pipelines.sample.files import NORDIC_UTF8, FileWriter
from pipelines.sample.ledger import LedgerTotals, bank_table, journal_tables
from pipelines.sample.masters import draw_masters
from pipelines.sample.mess import NO_MESS, draw_mess
from pipelines.sample.mess_files import spoil
from pipelines.sample.plans import plan_table, write_plans
from pipelines.sample.purchase_files import purchase_tables
from pipelines.sample.sales_files import sales_tables
from pipelines.sample.truth_files import write_truth
from pipelines.sample.world import draw_world

DEFAULT_UNTIL = date(2026, 6, 30)


@dataclass(frozen=True, slots=True)
class SampleSummary:
    """What was written: rows by file (folder/name), journals and their lines."""

    target: Path
    rows: dict[str, int]
    journals: int
    journal_lines: int


def write_sample(
    target: Path,
    *,
    scale: Decimal | float = 1,
    seed: int = 7,
    until: date = DEFAULT_UNTIL,
    mess: bool = False,
    on_progress: Callable[[str], None] | None = None,
) -> SampleSummary:
    """Write target/crm, target/erp and target/truth. The same seed, scale, until and mess give the same bytes.

    Raises ValueError for a scale that is not positive.
    """
    if not scale > 0:
        raise ValueError(f"scale is {scale}; allowed: a number above 0 (1 makes about 100,000 journal lines)")
    report = on_progress or (lambda _message: None)
    world = draw_world(draw_masters(scale=float(scale), seed=seed, until=until), on_progress=report)
    rows: dict[str, int] = {}
    report("writing the CRM's files")
    crm = FileWriter(target / "crm", until)
    rows |= {f"crm/{name}": count for name, count in write_crm(world, crm).items()}
    report("writing the ERP's files")
    erp = FileWriter(target / "erp", until)
    for tables in (master_tables, schedule_tables, sales_tables, purchase_tables):
        for name, (table, dialect) in tables(world).items():
            erp.csv(name, table, dialect)
            rows[f"erp/{name}"] = table.height
    report("writing the ledger")
    totals = LedgerTotals()
    erp.csv_chunks("journal_lines.csv", journal_tables(world, totals))
    rows["erp/journal_lines.csv"] = totals.lines
    bank = bank_table(world)
    erp.csv("bank_statements.csv", bank, NORDIC_UTF8)
    rows["erp/bank_statements.csv"] = bank.height
    posted = totals.table()
    plans = plan_table(world, posted)
    rows |= {f"erp/{name}": count for name, count in write_plans(world, plans, erp).items()}
    report("writing what is true")
    bad = draw_mess(world) if mess else NO_MESS
    spoiled = spoil(target, bad.changes, crm)
    truth = FileWriter(target / "truth", until)
    write_truth(
        world, truth, posted=posted, posted_detail=totals.detail(), plans=plans, rows=rows, mess=bad, spoiled=spoiled
    )
    return SampleSummary(target=target, rows=rows, journals=totals.journals, journal_lines=totals.lines)
