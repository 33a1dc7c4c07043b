"""The company of docs/worked-month.md: its documents as exports in the sample's format, and its tables as read.

The documents are written down here a second time, from the page's prose; its journals and figures are not.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sample_exports import ROOT, MappedFile, mapped_files

from pipelines.sample.company import CHART, DEPARTMENTS

PAGE = ROOT / "docs" / "worked-month.md"
FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)
# As the ERP writes them; a receipt of goods is a delivery that came in.
DOCUMENT_CODES = {
    "opening": "OB",
    "delivery": "WA",
    "receipt": "WE",
    "invoice": "RV",
    "credit_note": "RC",
    "payment": "DZ",
    "bill": "KR",
    "bill_payment": "KZ",
}
SETTINGS = """
company:
  name: Worked month
  reporting_currency: EUR
  as_of: 2026-03-31
  entities:
    - {id: FI01, name: Aurelle Instruments Oy, currency: EUR, country: FI}
    - {id: GB01, name: Aurelle Instruments Ltd, currency: GBP, country: GB}
sources:
  erp: {kind: files, folder: erp, mapping: sample_erp.yaml}
"""


@dataclass(frozen=True, slots=True, order=True)
class PageLine:
    """One journal line of the page."""

    entity: str
    document: str
    number: int
    account: int
    debit: Decimal
    credit: Decimal


def page_tables() -> list[list[dict[str, str]]]:
    """Every table of the page: rows by heading."""
    tables: list[list[dict[str, str]]] = []
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    for at, line in enumerate(lines):
        if re.fullmatch(r"\|(-+\|)+", line):
            headings = _cells(lines[at - 1])
            rows = []
            for row in lines[at + 1 :]:
                if not row.startswith("|"):
                    break
                rows.append(dict(zip(headings, _cells(row), strict=True)))
            tables.append(rows)
    return tables


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def money(text: str) -> Decimal:
    return Decimal(text.replace(",", "") or 0)


def page_lines() -> list[PageLine]:
    found = []
    for table in page_tables():
        for row in table:
            if "Debit" in row:
                document, number = row["Document"].split()
                found.append(
                    PageLine(
                        row["Entity"],
                        document,
                        int(number),
                        int(row["Account"]),
                        money(row["Debit"]),
                        money(row["Credit"]),
                    )
                )
    return found


def page_figures() -> dict[str, dict[str, Decimal]]:
    """Figure or balance -> column -> amount."""
    found: dict[str, dict[str, Decimal]] = {}
    for table in page_tables():
        for row in table:
            name = row.get("Figure") or row.get("Balance")
            if name:
                found[name] = {
                    column: money(text) for column, text in row.items() if column not in {"Figure", "Balance"}
                }
    return found


# The documents, from the prose: number, entity, party, day, currency, rate, net, tax, cost, quantity.
INVOICES: tuple[tuple[Any, ...], ...] = (
    (9001, "FI01", 201, date(2026, 3, 3), "EUR", "1", "1000.00", "255.00", "600.00", "5"),
    (9002, "FI01", 202, date(2026, 3, 4), "USD", "0.92", "2000.00", "0.00", "1100.00", "10"),
    (9003, "FI01", 203, date(2026, 3, 10), "EUR", "1", "600.00", "0.00", "450.00", "4"),
    (9004, "GB01", 204, date(2026, 3, 16), "GBP", "1", "450.00", "90.00", "250.00", "2"),
)
PAYMENTS: tuple[tuple[Any, ...], ...] = (  # number, party, day, currency, rate, amount, invoice, off the invoice, gain
    (1401, 202, date(2026, 3, 18), "USD", "0.90", "500.00", 9002, "460.00", "-10.00"),
    (1402, 203, date(2026, 3, 25), "EUR", "1", "600.00", 9003, "600.00", "0.00"),
    (1403, 201, date(2026, 3, 27), "EUR", "1", "1004.00", 9001, "1004.00", "0.00"),
)
BILLS: tuple[tuple[Any, ...], ...] = (  # number, entity, vendor, day, currency, rate, net, tax, account
    (5101, "FI01", 701, date(2026, 3, 5), "EUR", "1", "400.00", "102.00", 8000),
    (5102, "GB01", 702, date(2026, 3, 10), "EUR", "0.83333333", "600.00", "0.00", 2450),
)
MOVES: tuple[tuple[Any, ...], ...] = (  # entity, day, units, value, type, document
    ("FI01", date(2026, 3, 1), "42", "5000.00", "ADJUSTMENT", 1),
    ("FI01", date(2026, 3, 3), "-5", "-600.00", "ISSUE", 8001),
    ("FI01", date(2026, 3, 4), "-10", "-1100.00", "ISSUE", 8002),
    ("FI01", date(2026, 3, 10), "-4", "-450.00", "ISSUE", 8003),
    ("GB01", date(2026, 3, 11), "4", "500.00", "RECEIPT", 5001),
    ("GB01", date(2026, 3, 16), "-2", "-250.00", "ISSUE", 8004),
    ("FI01", date(2026, 3, 20), "1", "120.00", "RETURN", 9501),
)
POSTED_ON = (
    {1: FIRST, 2: FIRST, 2001: date(2026, 3, 25), 9501: date(2026, 3, 20)}
    | {row[0]: row[3] for row in (*INVOICES, *BILLS)}
    | {row[0]: row[2] for row in PAYMENTS}
    | {row[5]: row[1] for row in MOVES}
)
BANK_OF = {"FI01": "FI-BANK", "GB01": "GB-BANK"}
LOCAL = {"FI01": "EUR", "GB01": "GBP"}


def local(amount: str, rate: str) -> Decimal:
    return (Decimal(amount) * Decimal(rate)).quantize(Decimal("0.01"), "ROUND_HALF_UP")


def write_company(folder: Path) -> Path:
    """The company as a folder that the project can run: settings, mapping, exports. Gives plumbline.yaml."""
    (folder / "erp").mkdir(parents=True)
    settings = folder / "plumbline.yaml"
    settings.write_text(SETTINGS, encoding="utf-8")
    (folder / "sample_erp.yaml").write_text(
        (ROOT / "mappings" / "sample_erp.yaml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    files = {file.entry["match"]: file for file in mapped_files()}
    for name, rows in (_masters() | _documents() | _ledger()).items():
        _write(folder / "erp" / name, files[name], rows)
    return settings


def _masters() -> dict[str, list[dict[str, Any]]]:
    customers = (
        (201, "FI01", "Kallio Timber Oy", "FI", "N", "EUR", None),
        (202, "FI01", "Duluth Pumps Inc", "US", "W", "USD", None),
        (203, "FI01", "Aurelle Instruments Ltd", "GB", "W", "EUR", "GB01"),
        (204, "GB01", "Hull Fisheries Ltd", "GB", "W", "GBP", None),
    )
    vendors = (
        (701, "Office Estates Oy", "FI", "rent", None),
        (702, "Aurelle Instruments Oy", "FI", "intercompany", "FI01"),
    )
    early = [date(2026, 3, 1) + timedelta(days=at) for at in range(15)]
    late = [date(2026, 3, 16) + timedelta(days=at) for at in range(16)]
    return {
        "customers.csv": [
            {
                "Customer No": number,
                "Company Code": entity,
                "Name 1": name,
                "Country": country,
                "Sales District": district,
                "Currency": currency,
                "Trading Partner": partner,
                "Terms (days)": 30,
            }
            for number, entity, name, country, district, currency, partner in customers
        ],
        "vendors.csv": [
            {
                "Vendor No": number,
                "Name 1": name,
                "Country": country,
                "Spend Category": category,
                "Currency": "EUR",
                "Trading Partner": partner,
                "Terms (days)": 30,
            }
            for number, name, country, category, partner in vendors
        ],
        "items.txt": [
            {
                "Material": 100,
                "Description": "Pressure sensor",
                "Material Type": "GOODS",
                "Material Group": "Sensors",
                "Blocked": "FALSE",
            }
        ],
        "chart_of_accounts.csv": [
            {
                "G/L Account": number,
                "Short Text": name,
                "Account Class": kind,
                "Recon Type": control,
                "Blocked": "FALSE",
            }
            for number, name, kind, control in CHART
        ],
        "departments.csv": [{"Department": code, "Description": name} for code, name, _ in DEPARTMENTS],
        "bank_accounts.csv": [
            {
                "Bank Account": BANK_OF[entity],
                "Company Code": entity,
                "Name": entity,
                "Currency": LOCAL[entity],
                "G/L Account": 1910,
            }
            for entity in BANK_OF
        ],
        "fx_rates.tsv": [
            {"From": currency, "To": "EUR", "Valid From": day, "Rate Type": "M", "Rate": rate}
            for currency, before, after in (("GBP", "1.20", "1.25"), ("USD", "0.92", "0.90"))
            for days, rate in ((early, before), (late, after))
            for day in days
        ]
        + [
            {"From": currency, "To": "EUR", "Valid From": day, "Rate Type": kind, "Rate": rate}
            for kind, day in (("AVG", FIRST), ("CLS", LAST))
            for currency, rate in (("GBP", "1.25"), ("USD", "0.90"))
        ],
        "fiscal_periods.csv": [
            {"Company Code": entity, "Period": FIRST, "Period End": LAST, "Status": "OPEN"} for entity in BANK_OF
        ],
    }


def _documents() -> dict[str, list[dict[str, Any]]]:
    credit = {"Credit Note No": 9501, "Net": "200.00", "Net LC": "200.00", "Tax": "51.00"}
    return {
        "invoices.csv": [
            {
                "Company Code": entity,
                "Invoice No": number,
                "Bill-to": party,
                "Posting Date": day,
                "Due Date": day + timedelta(days=30),
                "Currency": currency,
                "Net": net,
                "Tax": tax,
                "Gross": Decimal(net) + Decimal(tax),
                "Net LC": local(net, rate),
                "Gross LC": local(net, rate) + local(tax, rate),
                "Rate": rate,
            }
            for number, entity, party, day, currency, rate, net, tax, _, _ in INVOICES
        ],
        "invoice_lines.csv": [
            {
                "Invoice No": number,
                "Pos": 10,
                "Material": 100,
                "Qty": units,
                "Unit Price": Decimal(net) / Decimal(units),
                "Net": net,
                "Net LC": local(net, rate),
                "Tax": tax,
                "Cost LC": cost,
                "Account": 3900 if party == 203 else 3000,
                "Department": "SAL",
                "Line Type": "goods",
            }
            for number, _, party, _, _, rate, net, tax, cost, units in INVOICES
        ],
        "credit_notes.csv": [
            credit
            | {
                "Company Code": "FI01",
                "Bill-to": 201,
                "Invoice No": 9001,
                "Posting Date": date(2026, 3, 20),
                "Reason": "return",
                "Currency": "EUR",
                "Gross": "251.00",
                "Gross LC": "251.00",
                "Rate": "1",
            }
        ],
        "credit_note_lines.csv": [
            credit
            | {
                "Pos": 10,
                "Invoice No": 9001,
                "Invoice Pos": 10,
                "Material": 100,
                "Qty": 1,
                "Cost LC": "120.00",
                "Account": 3000,
                "Department": "SAL",
                "Line Type": "goods",
            }
        ],
        "customer_payments.csv": [
            {
                "Company Code": "FI01",
                "Receipt No": number,
                "Customer": party,
                "Value Date": day,
                "Currency": currency,
                "Amount": amount,
                "Amount LC": local(amount, rate),
                "Rate": rate,
                "House Bank": "FI-BANK",
            }
            for number, party, day, currency, rate, amount, _, _, _ in PAYMENTS
        ],
        "payment_applications.csv": [
            {
                "Clearing No": at,
                "Receipt No": number,
                "Invoice No": invoice,
                "Clearing Date": day,
                "Amount": amount,
                "Amount LC": off,
                "Cash Discount": "0.00",
                "FX Difference LC": gain,
            }
            for at, (number, _, day, _, _, amount, invoice, off, gain) in enumerate(PAYMENTS, start=1)
        ]
        + [
            {
                "Clearing No": 4,
                "Credit Note No": 9501,
                "Invoice No": 9001,
                "Clearing Date": date(2026, 3, 20),
                "Amount": "251.00",
                "Amount LC": "251.00",
                "Cash Discount": "0.00",
                "FX Difference LC": "0.00",
            }
        ],
        "vendor_bills.csv": [
            {
                "Company Code": entity,
                "Bill No": number,
                "Vendor": vendor,
                "Posting Date": day,
                "Due Date": day + timedelta(days=30),
                "Currency": currency,
                "Net": net,
                "Tax": tax,
                "Gross": Decimal(net) + Decimal(tax),
                "Net LC": local(net, rate),
                "Gross LC": local(net, rate) + local(tax, rate),
                "Rate": rate,
            }
            for number, entity, vendor, day, currency, rate, net, tax, _ in BILLS
        ],
        "vendor_bill_lines.csv": [
            {
                "Bill No": number,
                "Pos": 10,
                "Qty": 1,
                "Net": net,
                "Net LC": local(net, rate),
                "Tax": tax,
                "Account": account,
                "Department": "ADM" if account == 8000 else None,
            }
            for number, _, _, _, _, rate, net, tax, account in BILLS
        ],
        "vendor_payments.csv": [
            {
                "Company Code": "GB01",
                "Payment No": 2001,
                "Vendor": 702,
                "Value Date": date(2026, 3, 25),
                "Currency": "EUR",
                "Amount": "600.00",
                "Amount LC": "480.00",
                "Rate": "0.8",
                "House Bank": "GB-BANK",
            }
        ],
        "vendor_payment_applications.csv": [
            {
                "Clearing No": 1,
                "Payment No": 2001,
                "Bill No": 5102,
                "Clearing Date": date(2026, 3, 25),
                "Amount": "600.00",
                "Amount LC": "500.00",
                "Cash Discount": "0.00",
                "FX Difference LC": "20.00",
            }
        ],
        "stock_moves.csv": [
            {
                "Move Id": at,
                "Company Code": entity,
                "Material": 100,
                "Plant": f"{entity}-1",
                "Posting Date": day,
                "Qty": units,
                "Value LC": value,
                "Move Type": kind,
                "Document": document,
            }
            for at, (entity, day, units, value, kind, document) in enumerate(MOVES, start=1)
        ],
    }


def _ledger() -> dict[str, list[dict[str, Any]]]:
    """Journals as the page posts them, and the bank lines that follow from its bank account."""
    lines = page_lines()
    journals = {
        key: at
        for at, key in enumerate(dict.fromkeys((line.entity, line.document, line.number) for line in lines), start=1)
    }
    places = dict.fromkeys(journals, 0)
    rows = []
    for line in lines:
        key = (line.entity, line.document, line.number)
        places[key] += 1
        rows.append(
            {
                "Company Code": line.entity,
                "Journal No": journals[key],
                "Line": places[key],
                "Posting Date": POSTED_ON[line.number],
                "Account": line.account,
                "Debit": line.debit,
                "Credit": line.credit,
                "Currency": LOCAL[line.entity],
                "Amount Doc": line.debit - line.credit,
                "Doc Type": DOCUMENT_CODES[line.document],
                "Doc No": line.number,
                "Trading Partner": {1510: "GB01", 3900: "GB01", 4900: "GB01", 2410: "FI01"}.get(line.account),
            }
        )
    bank = [
        {
            "Statement Line": at,
            "Bank Account": BANK_OF[line.entity],
            "Booking Date": POSTED_ON[line.number],
            "Amount": line.debit - line.credit,
            "ERP Document": line.number,
        }
        for at, line in enumerate((line for line in lines if line.account == 1910), start=1)
    ]
    return {"journal_lines.csv": rows, "bank_statements.csv": bank}


def _write(path: Path, file: MappedFile, rows: Sequence[Mapping[str, Any]]) -> None:
    form = file.entry.get("format", {})
    headers = sorted(file.headers | set(file.entry.get("ignore", [])))
    unknown = {header for row in rows for header in row} - set(headers)
    if unknown:
        raise KeyError(f"{path.name} has no column {', '.join(sorted(unknown))}")
    with path.open("w", encoding=form.get("encoding", "utf-8"), newline="") as target:
        writer = csv.writer(target, delimiter={"tab": "\t"}.get(form.get("delimiter", ","), form.get("delimiter", ",")))
        writer.writerow(headers)
        for row in rows:
            writer.writerow([_shown(row.get(header), form) for header in headers])


def _shown(value: Any, form: Mapping[str, Any]) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return value.strftime(form.get("dates", "%Y-%m-%d"))
    text = str(value)
    if form.get("decimal") == "," and re.fullmatch(r"-?\d+\.\d+", text):
        return text.replace(".", ",")
    return text
