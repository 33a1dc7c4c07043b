"""The truth folder: the figures of truth.py as CSV and JSON, with decimals as text.

Belongs here: names and shapes of these files. Does not: how a figure is found.
"""

from __future__ import annotations

import polars as pl

from pipelines.sample.files import FileWriter
from pipelines.sample.mess import Mess
from pipelines.sample.mess_files import Spoiled, row_counts
from pipelines.sample.mess_kinds import BY_NAME, KINDS
from pipelines.sample.parameters import parameters
from pipelines.sample.truth import (
    as_json,
    contract_lives,
    customer_habits,
    document_months,
    ledger_months,
    matches,
    totals,
)
from pipelines.sample.truth_commissions import commissions
from pipelines.sample.truth_plans import plan_rollup
from pipelines.sample.truth_purchases import open_purchase_orders
from pipelines.sample.truth_reminders import reminders
from pipelines.sample.truth_selling import attribution
from pipelines.sample.truth_statements import cash_flows, kept, ledger_accounts
from pipelines.sample.world import World

README = """# What is true of these exports

Computed from what the generator made happen, not from the exports. Money is exact, in units of the currency.

- months.csv: per month and entity, as documents say: revenue, cost and margin of outside customers (local and reporting
  currency; each line converted at the spot rate of its day and rounded, then summed; margin is that of the lines
  whose cost is known), the same between entities, bookings, and at each month's end receivables, payables, cash and
  inventory (local).
- ledger_months.csv: the same from journals, local currency.
- ledger_accounts.csv: postings by month, entity, account, department, trading partner and kind of document, debit
  positive; cash_flows.csv: what came into the bank accounts, by kind of document and whether from or to the group;
  unplaced_receipt: what nobody could place on the day.
- plan_rollup.csv: actual, budget and forecast by month, entity, group of accounts and cost centre, department or entity
  above, as the company was organised in that month; income positive, cost negative.
- totals.json: both, for the whole window and as of its last day.
- matches.csv: CRM account and ERP customer of one company, and what they have in common.
- customers.csv, contracts.csv, parameters.json: habits of paying, purchase processes, lives of contracts.
- reminders.csv: per step of dunning: reminders whose 14 days are over, those paid within 14 days, and those that would
  have been paid within 14 days had that one reminder not been sent.
- attribution.csv: won deals and the campaigns that touched their accounts in the 180 days before, weighed four ways.
- commissions.csv: per seller, deal and event: commission earned on bookings, invoiced margin or collected cash by plan,
  what credit notes and unpaid invoices took back and what late payments returned, on the seller's share of the deal.
- open_purchase_orders.csv: what is on order and has not arrived, and when it will arrive, be billed and fall due.
- rows.json: rows per file: in it, loaded, superseded, quarantined by reason; rows held.
- mess.json: kinds of bad rows and where each was put; empty without --mess.

With --mess, months.csv leaves out what cannot be loaded or converted, ledger_months.csv the journals withheld;
withheld.json states the difference to the complete figures, by side.
"""


def write_truth(
    world: World,
    writer: FileWriter,
    *,
    posted: pl.DataFrame,
    posted_detail: pl.DataFrame,
    plans: pl.DataFrame,
    rows: dict[str, int],
    mess: Mess,
    spoiled: list[Spoiled],
) -> None:
    """posted, posted_detail: sums of all journals. plans: the budget workbook. rows: of the clean files. mess, spoiled:
    what was done to them.
    """
    documents, ledger = document_months(world, mess.left_out), ledger_months(world, posted, mess.left_out)
    writer.text("README.md", README)
    writer.csv("months.csv", documents)
    writer.csv("ledger_months.csv", ledger)
    writer.csv("ledger_accounts.csv", ledger_accounts(world, posted_detail, mess.left_out))
    writer.csv("cash_flows.csv", cash_flows(world, mess.left_out))
    writer.csv("plan_rollup.csv", plan_rollup(world, kept(world, posted_detail, mess.left_out), plans))
    writer.csv("matches.csv", matches(world))
    writer.csv("customers.csv", customer_habits(world))
    writer.csv("contracts.csv", contract_lives(world))
    writer.csv("reminders.csv", reminders(world))
    writer.csv("attribution.csv", attribution(world, mess.left_out))
    writer.csv("commissions.csv", commissions(world, mess.left_out))
    writer.csv("open_purchase_orders.csv", open_purchase_orders(world))
    writer.text("totals.json", as_json(totals(world, documents, ledger)))
    writer.text("parameters.json", as_json(parameters(world)))
    writer.text("rows.json", as_json({"files": row_counts(rows, mess.changes, spoiled), "held": mess.held}))
    kinds = [
        {"kind": kind.name, "file": kind.file, "what": kind.what, "effect": kind.effect, "reason": kind.reason or None}
        for kind in KINDS
    ]
    placed = [
        {"kind": item.kind, "file": item.file, "row": item.row, "effect": BY_NAME[item.kind].effect} for item in spoiled
    ]
    writer.text("mess.json", as_json({"kinds": kinds, "placed": placed} if spoiled else {"kinds": [], "placed": []}))
    complete = {"documents": document_months(world), "ledger": ledger_months(world, posted)} if spoiled else {}
    writer.text("withheld.json", as_json(_withheld({"documents": documents, "ledger": ledger}, complete)))


def _withheld(stated: dict[str, pl.DataFrame], complete: dict[str, pl.DataFrame]) -> list[dict[str, str]]:
    """Figure by figure, what is complete less what is stated, where they differ."""
    rows: list[dict[str, str]] = []
    for side, whole in complete.items():
        keys = whole.columns[:4]
        for name in whole.columns[4:]:
            gap = whole[name] - stated[side][name]
            for at in (gap != 0).arg_true().to_list():
                key = whole.row(at, named=True)
                rows.append(
                    {"side": side, "figure": name} | {k: str(key[k]) for k in keys} | {"withheld": str(gap[at])}
                )
    return rows
