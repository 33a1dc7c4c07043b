"""The financial statements as a reader sees them: lines, subtotals, two periods, and what a line is made of.

Belongs here: queries on the statement marts and the arithmetic of subtotals. Does not: Streamlit, formats.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa

from dashboards.filters import Range
from dashboards.reading import Reading

ZERO = Decimal(0)

SUBTOTALS = (
    ("direct_cost", "Gross margin"),
    ("variable_selling", "Contribution"),
    ("operating", "Operating profit"),
    ("below", "Result"),
)
"""The margin level that ends each part of the profit and loss, in order, and the subtotal's name."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a statement over the chosen period and the one it is compared with; `is_total` for subtotals."""

    line: str
    now: Decimal
    before: Decimal
    is_total: bool = False

    @property
    def change(self) -> Decimal:
        return self.now - self.before


def profit_and_loss(reading: Reading) -> list[Row]:
    """The profit and loss, income positive: the group after eliminations, or the chosen entities as they stand."""
    levels = _margin_levels(reading)
    lines = _compared(_income(reading, over) for over in _periods(reading))
    return list(_with_subtotals(lines, levels))


def balance_sheet(reading: Reading) -> list[Row]:
    """Balances at the end of both periods: assets, then liabilities and equity, each with its total."""
    lines = _compared(_balances(reading, over) for over in _periods(reading))
    rows: list[Row] = []
    for name, classes in (("Assets", ("asset",)), ("Liabilities and equity", ("liability", "equity"))):
        part = [row for kind, row in lines if kind in classes]
        rows += part
        rows.append(_total(name, part))
    return rows


def cash_flow(reading: Reading, method: str) -> list[Row]:
    """The cash flow statement by `direct` or `indirect` method, closing with the change in cash."""
    entities = reading.entities
    lines = _compared(
        _triples(
            reading.rows(
                "select section as kind, statement_line as line, statement_line_sort as sort,"
                " sum(amount_rpt) as amount from finance.cash_flow_statement"
                " where method = $method and period_on between $first and $last"
                " and ($entities is null or list_contains($entities, entity_id)) group by all order by sort, line",
                method=method,
                first=over.first,
                last=over.last,
                entities=entities,
            )
        )
        for over in _periods(reading)
    )
    rows = [row for _, row in lines]
    return [*rows, _total("Change in cash", rows)]


def accounts_of(reading: Reading, line: str) -> pa.Table:
    """What a line of the profit and loss is made of: its accounts over the period, as the entities booked them.

    Postings are translated at the rate of their day, statements at the month's: the difference is a row of its own,
    without an account.
    """
    return reading.rows(
        "with booked as (select ledger.account_code, any_value(accounts.name) as account, ledger.account_id,"
        " cast(sum(ledger.credit_rpt - ledger.debit_rpt) as decimal(38, 2)) as amount_rpt,"
        " cast(sum(ledger.lines_count) as bigint) as lines"
        " from finance.general_ledger_by_period as ledger"
        " left join common.dim_accounts as accounts using (account_id)"
        " where ledger.statement = 'profit_and_loss' and ledger.statement_line = $line"
        " and ledger.entry_type is distinct from 'closing' and ledger.month_on between $first and $last"
        " and ($entities is null or list_contains($entities, ledger.entity_id))"
        " group by ledger.account_code, ledger.account_id), translated as ("
        "select null as account_code, 'Translation difference' as account, null as account_id,"
        " cast(sum(translation_difference_rpt) as decimal(38, 2)) as amount_rpt, 0 as lines"
        " from finance.profit_and_loss where statement_line = $line and period_on between $first and $last"
        " and ($entities is null or list_contains($entities, entity_id)))"
        " select * from booked union all select * from translated where amount_rpt <> 0"
        " order by account_id is null, abs(amount_rpt) desc",
        line=line,
        first=reading.filters.now.first,
        last=reading.filters.now.last,
        entities=reading.entities,
    )


def postings_of(reading: Reading, account_id: str, *, most: int) -> pa.Table:
    """The journal lines of an account over the period, largest first, with the document and system they came from."""
    return reading.rows(
        "select posted_on, journal_id, entity_id, description, document_type, document_id, debit_rpt, credit_rpt,"
        " source_system, source_id from finance.fct_journal_lines"
        " where account_id = $account and month_on between $first and $last"
        " and entry_type is distinct from 'closing' and ($entities is null or list_contains($entities, entity_id))"
        " order by abs(debit_rpt - credit_rpt) desc, posted_on, journal_line_id limit $most",
        account=account_id,
        first=reading.filters.now.first,
        last=reading.filters.now.last,
        entities=reading.entities,
        most=most,
    )


Line = tuple[str, str, int]


def _periods(reading: Reading) -> tuple[Range, Range]:
    return reading.filters.now, reading.filters.before


def _income(reading: Reading, over: Range) -> dict[Line, Decimal]:
    entities = reading.entities
    if entities is None:
        sql = (
            "select class as kind, statement_line as line, statement_line_sort as sort, sum(consolidated_rpt) as amount"
            " from finance.consolidated_statements where statement = 'profit_and_loss'"
            " and period_on between $first and $last group by all order by sort, line"
        )
        return _triples(reading.rows(sql, first=over.first, last=over.last))
    return _triples(
        reading.rows(
            "select class as kind, statement_line as line, statement_line_sort as sort, sum(amount_rpt) as amount"
            " from finance.profit_and_loss where period_on between $first and $last"
            " and list_contains($entities, entity_id) group by all order by sort, line",
            first=over.first,
            last=over.last,
            entities=entities,
        )
    )


def _balances(reading: Reading, over: Range) -> dict[Line, Decimal]:
    entities = reading.entities
    month_on = over.last.replace(day=1)
    if entities is None:
        sql = (
            "select class as kind, statement_line as line, statement_line_sort as sort, sum(consolidated_rpt) as amount"
            " from finance.consolidated_statements where statement = 'balance_sheet' and period_on = $month"
            " group by all order by sort, line"
        )
        return _triples(reading.rows(sql, month=month_on))
    return _triples(
        reading.rows(
            "select class as kind, statement_line as line, statement_line_sort as sort, sum(balance_rpt) as amount"
            " from finance.balance_sheet where period_on = $month and list_contains($entities, entity_id)"
            " group by all order by sort, line",
            month=month_on,
            entities=entities,
        )
    )


def _triples(table: pa.Table) -> dict[Line, Decimal]:
    return {(row["kind"], row["line"], row["sort"]): row["amount"] for row in table.to_pylist()}


def _compared(sides: Iterable[dict[Line, Decimal]]) -> list[tuple[str, Row]]:
    """Kind and row of every line with an amount on either side, in statement order."""
    now, before = sides
    lines = sorted(now.keys() | before.keys(), key=lambda line: (line[2], line[1]))
    rows = [(kind, Row(name, now.get((kind, name, sort), ZERO), before.get((kind, name, sort), ZERO)))
            for kind, name, sort in lines]  # fmt: skip
    return [(kind, row) for kind, row in rows if row.now != ZERO or row.before != ZERO]


def _margin_levels(reading: Reading) -> dict[str, str]:
    table = reading.rows("select distinct statement_line, margin_level from finance.profit_and_loss")
    return dict(zip(table["statement_line"].to_pylist(), table["margin_level"].to_pylist(), strict=True))


def _with_subtotals(lines: list[tuple[str, Row]], levels: dict[str, str]) -> Iterator[Row]:
    """Every line in its part, each part closed by its subtotal. An elimination stays with the line before it."""
    order = ["revenue", *(level for level, _ in SUBTOTALS)]
    placed: list[tuple[int, Row]] = []
    place = 0
    for _, row in lines:
        place = order.index(levels[row.line]) if levels.get(row.line) in order else place
        placed.append((place, row))
    running: list[Row] = []
    for number, name in enumerate(("", *(name for _, name in SUBTOTALS))):
        part = [row for place, row in placed if place == number]
        yield from part
        running += part
        if name:
            yield _total(name, running)


def _total(name: str, rows: Iterable[Row]) -> Row:
    found = list(rows)
    return Row(name, sum((row.now for row in found), ZERO), sum((row.before for row in found), ZERO), is_total=True)
