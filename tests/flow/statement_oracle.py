"""The sample company's statements in plain Python decimals, from its truth files and exchange rates. Reads no model.

Local amounts are sums of what the generator posted. Translation is the rule of the group's statements: results at the
month's average rate, assets and liabilities at its closing rate, equity at the rate of its posting day.
"""

from __future__ import annotations

import csv
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from pathlib import Path

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
CENT, RATE = Decimal("0.01"), Decimal("1E-10")
CURRENCY = {"FI01": "EUR", "SE01": "SEK", "GB01": "GBP"}
DAYS_CARRIED = 7

Line = tuple[str, str, str]
"""Month, entity, line of the statement."""
Amounts = dict[Line, Decimal]


@dataclass(frozen=True, slots=True)
class Posting:
    """A sum of postings of one kind."""

    month: str
    entity: str
    account: str
    department: str
    partner: str
    document: str
    amount: Decimal


def rows(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


class Rates:
    """Rates to one reporting currency, as exports of rates to the euro allow them."""

    def __init__(self, folder: Path, reporting: str, until: date) -> None:
        self.reporting, self.until = reporting, until
        self._quotes: dict[str, dict[str, Decimal]] = defaultdict(dict)
        self._delivered: dict[tuple[str, str, str], Decimal] = {}
        for row in rows(folder / "fx_rates.tsv", "\t"):
            if row["Rate Type"] == "M":
                self._quotes[row["From"]][row["Valid From"]] = Decimal(row["Rate"])
            elif row["To"] == reporting:
                self._delivered[row["From"], row["Valid From"][:7], row["Rate Type"]] = Decimal(row["Rate"])
        self._days = {currency: sorted(quotes) for currency, quotes in self._quotes.items()}

    def _euro(self, currency: str, day: date) -> Decimal:
        quoted = self._days[currency]
        found = quoted[bisect_right(quoted, day.isoformat()) - 1]
        assert day - date.fromisoformat(found) <= timedelta(days=DAYS_CARRIED)
        return self._quotes[currency][found]

    def spot(self, currency: str, day: date) -> Decimal:
        """Into the reporting currency: as quoted, else turned, else over the euro."""
        if currency == self.reporting:
            return Decimal(1)
        if self.reporting == "EUR":
            return self._euro(currency, day)
        turned = (1 / self._euro(self.reporting, day)).quantize(RATE, ROUND_HALF_UP)
        if currency == "EUR":
            return turned
        return (self._euro(currency, day) * turned).quantize(RATE, ROUND_HALF_UP)

    def average(self, currency: str, month: str) -> Decimal:
        return self._of_month(currency, month, "AVG")

    def closing(self, currency: str, month: str) -> Decimal:
        return self._of_month(currency, month, "CLS")

    def _of_month(self, currency: str, month: str, kind: str) -> Decimal:
        if currency == self.reporting:
            return Decimal(1)
        delivered = self._delivered.get((currency, month[:7], kind))
        if delivered is not None:
            return delivered
        first = date.fromisoformat(month)
        span = [first + timedelta(days=at) for at in range(31)]
        rates = [self.spot(currency, day) for day in span if day.month == first.month and day <= self.until]
        return rates[-1] if kind == "CLS" else (sum(rates, Decimal(0)) / len(rates)).quantize(RATE, ROUND_HALF_UP)


class Statements:
    """Profit and loss, balance sheet, cash flow and group of one sample company in one reporting currency."""

    def __init__(self, sample: Path, reporting: str, until: date) -> None:
        self.rates = Rates(sample / "erp", reporting, until)
        self.postings = [
            Posting(
                row["period_on"], row["entity_id"], row["account"], row["department"], row["trading_partner"],
                row["document"], Decimal(row["amount_local"]),
            )
            for row in rows(sample / "truth" / "ledger_accounts.csv")
        ]  # fmt: skip
        self.cash = rows(sample / "truth" / "cash_flows.csv")
        mapping = YAML(typ="safe").load((ROOT / "mappings" / "sample_erp.yaml").read_text())
        chart = next(file for file in mapping["files"] if file["entity"] == "gl_account")
        of_class = chart["columns"]["account_type"]["values"]
        number, kind = chart["columns"]["account_code"], chart["columns"]["account_type"]["column"]
        self.type_of = {row[number]: of_class[row[kind]] for row in rows(sample / "erp" / "chart_of_accounts.csv")}
        self.types = {row["account_type"]: row for row in rows(ROOT / "seeds" / "reference" / "account_types.csv")}
        self.months = sorted({posting.month for posting in self.postings})

    def kind(self, account: str) -> dict[str, str]:
        return self.types[self.type_of[account]]

    def results_local(self, postings: Iterable[Posting] | None = None) -> Amounts:
        """Income positive."""
        found: Amounts = defaultdict(Decimal)
        for posting in self.postings if postings is None else postings:
            if self.kind(posting.account)["statement"] == "profit_and_loss":
                found[posting.month, posting.entity, self.kind(posting.account)["statement_line"]] -= posting.amount
        return found

    @cached_property
    def results(self) -> Amounts:
        """At the month's average rate."""
        return {
            (month, entity, line): cents(amount * self.rates.average(CURRENCY[entity], month))
            for (month, entity, line), amount in self.results_local().items()
        }

    def departments(self) -> dict[tuple[str, str, str, str], Decimal]:
        """Month, entity, department, line: results in local currency."""
        found: dict[tuple[str, str, str, str], Decimal] = defaultdict(Decimal)
        for department in {posting.department for posting in self.postings}:
            mine = (posting for posting in self.postings if posting.department == department)
            for (month, entity, line), amount in self.results_local(mine).items():
                found[month, entity, department, line] += amount
        return found

    def _standing_local(self) -> Amounts:
        """Month's end, debit positive, lines of the balance sheet that accounts stand on."""
        moved: Amounts = defaultdict(Decimal)
        for posting in self.postings:
            if self.kind(posting.account)["statement"] == "balance_sheet":
                moved[posting.month, posting.entity, self.kind(posting.account)["statement_line"]] += posting.amount
        found: Amounts = {}
        for entity, line in sorted({(entity, line) for _, entity, line in moved}):
            running = Decimal(0)
            for month in self.months:
                running += moved[month, entity, line]
                found[month, entity, line] = running
        return found

    def _opening_equity(self) -> dict[tuple[str, str], Decimal]:
        """Entity, line: the opening journal's equity at the rate of its day, its rounding on its largest line."""
        found = {}
        for entity, currency in CURRENCY.items():
            lines = [p for p in self.postings if p.document == "opening" and p.entity == entity]
            rate = self.rates.spot(currency, date.fromisoformat(lines[0].month))
            translated = {line.account: cents(line.amount * rate) for line in lines}
            largest = max(lines, key=lambda line: (abs(line.amount), -int(line.account)))
            translated[largest.account] -= sum(translated.values())
            for account, amount in translated.items():
                if self.kind(account)["class"] == "equity":
                    found[entity, self.kind(account)["statement_line"]] = -amount
        return found

    @cached_property
    def balances(self) -> tuple[Amounts, Amounts]:
        """Local and translated: assets debit positive, the rest credit positive, with the lines of results."""
        equity, class_of = self._opening_equity(), {t["statement_line"]: t["class"] for t in self.types.values()}
        local: Amounts = {}
        translated: Amounts = {}
        for (month, entity, line), amount in self._standing_local().items():
            side = amount if class_of[line] == "asset" else -amount
            local[month, entity, line] = side
            closing = cents(side * self.rates.closing(CURRENCY[entity], month))
            translated[month, entity, line] = equity[entity, line] if class_of[line] == "equity" else closing
        for results, sheet in ((self.results_local(), local), (self.results, translated)):
            for entity in CURRENCY:
                year = earlier = Decimal(0)
                for month in self.months:
                    if month[5:7] == "01":
                        year, earlier = Decimal(0), earlier + year
                    year += sum((amount for key, amount in results.items() if key[:2] == (month, entity)), Decimal(0))
                    sheet[month, entity, "Result of earlier years"] = earlier
                    sheet[month, entity, "Result for the year"] = year
        for month in self.months:
            for entity in CURRENCY:
                mine = {line: amount for (at, who, line), amount in translated.items() if (at, who) == (month, entity)}
                gap = sum(amount if class_of.get(line) == "asset" else -amount for line, amount in mine.items())
                translated[month, entity, "Translation difference"] = Decimal(gap)
                local[month, entity, "Translation difference"] = Decimal(0)
        return local, translated

    def direct_cash(self) -> Amounts:
        """What moved the bank accounts, by purpose, local currency."""
        lines = {
            ("payment", "FALSE"): "Receipts from customers",
            ("payment", "TRUE"): "Receipts from group companies",
            ("bill_payment", "FALSE"): "Payments to suppliers",
            ("bill_payment", "TRUE"): "Payments to group companies",
            ("asset_payment", "FALSE"): "Fixed assets bought and sold",
            ("payroll", "FALSE"): "Payments to employees",
            ("tax", "FALSE"): "Taxes paid",
            ("bank", "FALSE"): "Payments to suppliers",
            ("unplaced_receipt", "FALSE"): "Other receipts and payments",
            ("opening", "FALSE"): "Opening balances",
        }
        found: Amounts = defaultdict(Decimal)
        for row in self.cash:
            if row["document"] != "loan":
                line = lines[row["document"], row["with_group"]]
                found[row["period_on"], row["entity_id"], line] += Decimal(row["amount_local"])
        for posting in self.postings:
            if posting.document == "loan" and self.type_of[posting.account] != "bank":
                found[posting.month, posting.entity, self.kind(posting.account)["cash_flow_line"]] -= posting.amount
        return found

    def group(self) -> dict[tuple[str, str, str], Decimal]:
        """Month, statement, line: entities less what is between them."""
        found: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
        for statement, amounts in (("profit_and_loss", self.results), ("balance_sheet", self.balances[1])):
            for (month, _, line), amount in amounts.items():
                found[month, statement, line] += amount
        sales: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
        for posting in self.postings:
            if posting.partner and self.kind(posting.account)["statement_line"] not in BALANCES_BETWEEN:
                sales[posting.month, posting.entity, posting.account] += posting.amount
        for (month, _, line), amount in self.balances[1].items():
            if line in BALANCES_BETWEEN:
                found[month, "balance_sheet", line] -= amount
                side = amount if line == "Intercompany receivables" else -amount
                found[month, "balance_sheet", "Intercompany difference"] += side
        by_line: Amounts = defaultdict(Decimal)
        for (month, entity, account), amount in sales.items():
            by_line[month, entity, self.kind(account)["statement_line"]] += amount
        for (month, entity, line), debit in by_line.items():
            between = cents(debit * self.rates.average(CURRENCY[entity], month))
            if line == "Intercompany cost":
                found[month, "profit_and_loss", line] += between
                found[month, "profit_and_loss", "Cost of sales"] -= between
                continue
            stocked = line == "Accrued expenses"
            found[month, "profit_and_loss", "Cost of sales" if stocked else line] += between
            found[month, "profit_and_loss", "Intercompany difference"] -= between
        return found


BALANCES_BETWEEN = ("Intercompany receivables", "Intercompany payables")
