"""The financial statements as a reader sees them: lines in their order, subtotals, a column per range of days.

Belongs here: the arithmetic of subtotals. Does not: queries on the statement marts (`ledger`), Streamlit, formats.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from dashboards import ledger
from dashboards.ledger import Column, Line, Span, span
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
    """One line of a statement with its amount in every column; `is_total` for subtotals."""

    line: str
    amounts: tuple[Decimal, ...]
    is_total: bool = False

    @property
    def now(self) -> Decimal:
        return self.amounts[0]

    @property
    def before(self) -> Decimal:
        return self.amounts[1]

    @property
    def change(self) -> Decimal:
        return self.now - self.before


def profit_and_loss(reading: Reading, of: Span | None = None, columns: Sequence[Column] = ()) -> list[Row]:
    """The profit and loss, income positive: the group after eliminations, or the chosen entities as they stand.

    Without `columns`: the period and what it is compared with.
    """
    of = of or span(reading)
    lines = _side_by_side(ledger.income(reading, column.over, of) for column in columns or (of.now, of.before))
    return list(_with_subtotals(lines, ledger.margin_levels(reading)))


def balance_sheet(reading: Reading, of: Span | None = None, columns: Sequence[Column] = ()) -> list[Row]:
    """Balances at the end of each column: assets, then liabilities and equity, each with its total."""
    of = of or span(reading)
    lines = _side_by_side(ledger.balances(reading, column.over, of) for column in columns or (of.now, of.before))
    rows: list[Row] = []
    for name, classes in (("Assets", ("asset",)), ("Liabilities and equity", ("liability", "equity"))):
        part = [row for kind, row in lines if kind in classes]
        rows += part
        rows.append(_total(name, part, len(columns) or 2))
    return rows


def cash_flow(reading: Reading, method: str, of: Span | None = None, columns: Sequence[Column] = ()) -> list[Row]:
    """The cash flow statement by `direct` or `indirect` method, closing with the change in cash."""
    of = of or span(reading)
    lines = _side_by_side(
        ledger.cash_flows(reading, column.over, of, method=method) for column in columns or (of.now, of.before)
    )
    rows = [row for _, row in lines]
    return [*rows, _total("Change in cash", rows, len(columns) or 2)]


def _side_by_side(columns: Iterable[dict[Line, Decimal]]) -> list[tuple[str, Row]]:
    """Kind and row of every line with an amount in any column, in statement order."""
    found = list(columns)
    lines = sorted({line for column in found for line in column}, key=lambda line: (line[2], line[1]))
    rows = [(line[0], Row(line[1], tuple(column.get(line, ZERO) for column in found))) for line in lines]
    return [(kind, row) for kind, row in rows if any(row.amounts)]


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
            yield _total(name, running, len(lines[0][1].amounts) if lines else 2)


def _total(name: str, rows: Sequence[Row], columns: int) -> Row:
    sums = tuple(sum((row.amounts[place] for row in rows), ZERO) for place in range(columns))
    return Row(name, sums, is_total=True)
