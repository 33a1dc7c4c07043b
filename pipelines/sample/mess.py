"""The bad rows of real exports: which records they befall, and what that does to the truths.

Belongs here: one change of a file per kind, and the records that truths must then leave out.
Does not: the kinds themselves (mess_kinds.py), how files are changed (mess_files.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import polars as pl

from pipelines.sample.arrays import Ints, day_date
from pipelines.sample.columns import integers
from pipelines.sample.crm_files import crm_tables
from pipelines.sample.journals import journal_lines
from pipelines.sample.leads import LOST, NEGOTIATION
from pipelines.sample.mess_kinds import BY_NAME
from pipelines.sample.postings import DOCUMENTS
from pipelines.sample.purchase_files import stock_movements
from pipelines.sample.purchasing import COST_BILL, DEBIT_NOTE
from pipelines.sample.truth import LeftOut
from pipelines.sample.world import World

UNKNOWN_CURRENCY = "ISK"  # no rate for it is ever published
HUGE = 1_200_000


@dataclass(frozen=True, slots=True)
class Change:
    """What to do to the rows of a file that hold `anchor` (a piece of text that only they have).

    cells: header -> text, written into the first such row, or with `also` into a copy of it that follows it; `remove`
    takes all such rows out; `append` adds a row at the end. `companions`: how many other rows of the document are
    withheld with the bad one. `file`: where the kind's own file is not meant.
    """

    kind: str
    anchor: str = ""
    cells: tuple[tuple[str, str], ...] = ()
    also: bool = False
    remove: bool = False
    append: tuple[tuple[str, str], ...] = ()
    extra_field: bool = False
    companions: int = 0
    file: str = ""

    @property
    def target(self) -> str:
        return self.file or BY_NAME[self.kind].file


@dataclass(frozen=True, slots=True)
class Mess:
    changes: tuple[Change, ...]
    left_out: LeftOut
    held: dict[str, int]  # entity -> rows held


NO_MESS = Mess(changes=(), left_out=LeftOut(), held={})


class _Chooser:
    """Draws records, each at most once, from a stream of its own."""

    def __init__(self, world: World) -> None:
        self._generator = world.masters.draws.stream("mess")
        self._used: dict[str, set[int]] = {}

    def one(self, pool: str, candidates: Ints) -> int:
        """Raises ValueError where the sample is too small to have such a record."""
        free = np.setdiff1d(candidates, np.array(sorted(self._used.get(pool, set())), dtype=np.int64))
        if not len(free):
            raise ValueError(
                f"the sample is too small for --mess: it has no {pool} left to spoil; use a scale of 0.2 or more"
            )
        row = int(free[self._generator.integers(0, len(free))])
        self._used.setdefault(pool, set()).add(row)
        return row


def draw_mess(world: World) -> Mess:
    """One record for each kind; those that truths depend on are open documents, so that nothing else hangs on them."""
    choose = _Chooser(world)
    parts = [
        _sales_mess(world, choose),
        _purchase_mess(world, choose),
        _ledger_mess(world, choose),
        _crm_mess(world, choose),
    ]
    left_out = LeftOut()
    for _, part, _ in parts:
        left_out = LeftOut(*(getattr(left_out, name) | getattr(part, name) for name in LeftOut.__slots__))
    held = {name: count for _, _, counts in parts for name, count in counts.items()}
    return Mess(changes=tuple(change for changes, _, _ in parts for change in changes), left_out=left_out, held=held)


_Part = tuple[list[Change], LeftOut, dict[str, int]]


def _sales_mess(world: World, choose: _Chooser) -> _Part:
    billing, collections = world.events.billing, world.events.collections
    invoices, lines = billing.invoices, billing.invoice_lines
    number, day = integers(invoices["number"]), integers(invoices["day"])
    touched = np.union1d(integers(collections.applications["invoice"]), integers(billing.credit_notes["invoice"]))
    touched = np.union1d(touched, integers(collections.instalments["invoice"]))
    outside = np.flatnonzero(invoices["buyer"].to_numpy() < 0)
    untouched = np.setdiff1d(outside, touched)
    line_count = np.bincount(lines["invoice"].to_numpy(), minlength=invoices.height)
    several = np.setdiff1d(np.flatnonzero(line_count >= 2), integers(billing.credit_notes["invoice"]))
    several = np.intersect1d(several, outside)

    spoiled = choose.one("invoice", several)
    undated = choose.one("invoice", untouched)
    foreign = choose.one("invoice", untouched)
    padded = choose.one("invoice", outside)
    versioned = choose.one("invoice", outside)
    net = Decimal(int(invoices["net"][padded])) / 100
    parts = collections.instalments
    conflict = choose.one("instalment", np.arange(parts.height))
    conflict_key = f"{number[int(parts['invoice'][conflict])]},{int(parts['instalment'][conflict])},"
    amount = Decimal(int(parts["gross"][conflict])) / 100
    orders = world.events.orders
    cancelled = choose.one("cancelled order", np.flatnonzero(orders["cancelled"].to_numpy() == 1))
    order_line = choose.one("order line", np.arange(world.events.order_lines.height))
    order_of_line = int(orders["number"][int(world.events.order_lines["order"][order_line])])
    applied = choose.one("application", np.arange(collections.applications.height))
    head = f",{number[foreign]},"
    changes = [
        Change(
            "padded_cells", f",{number[padded]},", (("Invoice No", f"  {number[padded]} "), ("Net", f" {net:,.2f} "))
        ),
        Change(
            "older_version",
            f",{number[versioned]},",
            (
                ("Due Date", day_date(day[versioned] + 5).isoformat()),
                ("Changed At", f"{day_date(day[versioned])}T07:00:00Z"),
            ),
            also=True,
        ),
        Change(
            "unreadable_amount",
            f"\n{number[spoiled]},",
            (("Net", "12.34.56"),),
            companions=int(line_count[spoiled]) - 1,
        ),
        Change("missing_date", f",{number[undated]},", (("Posting Date", ""),)),
        Change("conflicting_versions", f"\n{conflict_key}", (("Amount", f"{amount + 1}"),), also=True),
        Change("unknown_status", f",{int(orders['number'][cancelled])},", (("Status", "PARKED"),)),
        Change(
            "field_too_many",
            f"\n{order_of_line},{int(world.events.order_lines['position'][order_line])},",
            extra_field=True,
        ),
        Change("same_application_twice", f"\n{int(collections.applications['application'][applied])},", also=True),
        Change("total_row", append=(("Company Code", "Total"), ("Amount", "1234567,89"))),
        Change(
            "currency_without_rate",
            head,
            (("Currency", UNKNOWN_CURRENCY), ("Net LC", ""), ("Gross LC", ""), ("Rate", "")),
        ),
        *[
            Change(
                "currency_without_rate",
                f"\n{number[foreign]},{position},",
                (("Net LC", ""),),
                file="erp/invoice_lines.csv",
            )
            for position in lines.filter(pl.col("invoice") == foreign)["position"].to_list()
        ],
        Change("currency_without_rate", f",RV,{number[foreign]},", remove=True, file="erp/journal_lines.csv"),
    ]
    left_out = LeftOut(
        invoices=frozenset({undated, foreign}),
        invoice_lines=frozenset({spoiled}),
        instalments=frozenset({conflict}),
        journals=frozenset({("invoice", int(number[foreign]))}),
    )
    return changes, left_out, {"invoice": 1, "invoice_line": int(line_count[foreign])}


def _purchase_mess(world: World, choose: _Chooser) -> _Part:
    bills, settled = world.events.purchases.bills, world.events.disbursements.applications
    kind, number = integers(bills["kind"]), integers(bills["number"])
    unpaid = np.setdiff1d(np.flatnonzero(kind == COST_BILL), integers(settled["bill"]))
    late = choose.one("bill", unpaid)
    signed = choose.one("bill", np.flatnonzero(kind == COST_BILL))
    note = choose.one("debit note", np.flatnonzero(kind == DEBIT_NOTE))

    def shown(column: str, row: int) -> Decimal:
        return Decimal(int(bills[column][row])) / 100

    changes = [
        Change(
            "february_31", f",{number[late]},", (("Posting Date", f"{day_date(int(bills['day'][late])).year}-02-31"),)
        ),
        Change(
            "money_with_sign_and_groups",
            f",{number[signed]},",
            (("Net", f"${shown('net', signed):,.2f}"), ("Gross LC", f"{shown('gross_local', signed):,.2f}")),
        ),
        Change(
            "money_in_brackets",
            f",{number[note]},",
            (("Net", f"({-shown('net', note):,.2f})"), ("Net LC", f"{-shown('net_local', note):.2f}-")),
        ),
        Change("missing_key", append=(("Name 1", "Vendor being created"), ("Country", "FI"), ("Currency", "EUR"))),
    ]
    return changes, LeftOut(bills=frozenset({late})), {}


def _ledger_mess(world: World, choose: _Chooser) -> _Part:
    invoices, payments = world.events.billing.invoices, world.events.disbursements.payments
    billed = choose.one("invoice", np.flatnonzero(invoices["buyer"].to_numpy() < 0))
    paid = choose.one(
        "bill payment",
        np.flatnonzero((payments["partner"] < 0) & (payments["discount_local"] == 0) & (payments["exchange"] == 0)),
    )
    sizes = {}
    for document, row, frame in (("invoice", billed, invoices), ("bill_payment", paid, payments)):
        day = int(frame["day"][row])
        sizes[document] = _journal_size(world, document, int(frame["number"][row]), day)
    moves, people = stock_movements(world), world.masters.employees.number
    move = choose.one("stock movement", np.arange(moves.height))
    entry = choose.one("bank line", np.arange(20, 200))
    changes = [
        Change(
            "journal_with_unreadable_line",
            f",RV,{int(invoices['number'][billed])},",
            (("Debit", "1O0.00"),),
            companions=sizes["invoice"] - 1,
        ),
        Change(
            "not_a_number",
            f",KZ,{int(payments['number'][paid])},",
            (("Credit", "NaN"),),
            companions=sizes["bill_payment"] - 1,
        ),
        Change("beyond_all_numbers", f"\n{move + 1},", (("Value LC", "1e308"),)),
        Change("same_row_twice", f"\n{entry + 1};", also=True),
        Change(
            "zero_date",
            f"\n{int(people[choose.one('employee', np.arange(len(people)))])};",
            (("Exit", "00.00.0000"),),
        ),
    ]
    journals = frozenset(
        {("invoice", int(invoices["number"][billed])), ("bill_payment", int(payments["number"][paid]))}
    )
    return changes, LeftOut(movements=frozenset({move}), journals=journals), {}


def _journal_size(world: World, document: str, number: int, day: int) -> int:
    lines = journal_lines(world.events, day, day)
    return lines.filter((pl.col("document") == DOCUMENTS.index(document)) & (pl.col("number") == number)).height


def _crm_mess(world: World, choose: _Chooser) -> _Part:
    deals, accounts = world.crm.funnel.deals, world.crm.accounts
    lost = np.flatnonzero((deals["stage"].to_numpy() == LOST) & (deals["merged"].to_numpy() < 0))
    inside = (deals["closed"] >= world.masters.window.first).to_numpy() & (
        deals["closed"] <= world.masters.window.last
    ).to_numpy()
    won = np.flatnonzero((deals["order"].to_numpy() >= 0) & inside & (deals["reached"].to_numpy() == NEGOTIATION))
    tables = crm_tables(world)

    def row_of(name: str, row: int) -> str:
        return str(tables[name][0]["Id"][row])

    foreign = choose.one("won deal", won)
    prospect = choose.one("prospect", np.flatnonzero(accounts.party < 0))
    changes = [
        Change(
            "line_break_in_cell",
            f"\n{row_of('Opportunity', choose.one('lost deal', lost))},",
            (("Name", 'The "big" one\nsecond line'),),
        ),
        Change(
            "unreadable_flag", f"\n{row_of('Opportunity', choose.one('lost deal', lost))},", (("IsWon", "perhaps"),)
        ),
        Change("huge_cell", f"\n{row_of('Opportunity', choose.one('lost deal', lost))},", (("Name", "x" * HUGE),)),
        Change("deal_without_rate", f"\n{row_of('Opportunity', foreign)},", (("CurrencyIsoCode", UNKNOWN_CURRENCY),)),
        Change(
            "formula_text", f'\n"{row_of("Lead", 3)}",', (("Company", '=HYPERLINK("http://example.invalid","click")'),)
        ),
        Change("other_scripts", f'\n"{row_of("Account", prospect)}",', (("Name", "شرکت نمونه پارس 🚀"),)),
        Change("unreadable_moment", f"\n{row_of('Case', 5)}\t", (("CreatedDate", "yesterday"),)),
    ]
    return changes, LeftOut(deals=frozenset({foreign})), {"deal": 1}
