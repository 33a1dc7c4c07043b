"""The sample company's ERP as company files of QuickBooks Online, one per legal entity: canonical rows turned back.

The company's own fields are mapped by MAPPING, as a company would do it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from fakes.netsuite_sample import as_it_is_now
from fakes.quickbooks import FakeQuickbooks

Row = Mapping[str, Any]
STAMP = datetime(2026, 5, 1, tzinfo=UTC)
HOME = {"FI01": "EUR", "SE01": "SEK", "GB01": "GBP"}

MAPPING = """
objects:
  Customer:
    region: CustomField.Region
    segment: CustomField.Segment
    credit_limit_local: CustomField.Credit limit
    crm_account_ref: CustomField.CRM account
    intercompany_entity_id: CustomField.Partner
  Vendor: {category: CustomField.Category, intercompany_entity_id: CustomField.Partner}
  Item:
    item_type: CustomField.Kind
    category: CustomField.Group
    unit_of_measure: CustomField.Unit
    currency: {constant: EUR}
  Account: {account_type: CustomField.Statement line, control_of: CustomField.Controls}
  Class: {cost_centre_code: CustomField.Code, department_code: CustomField.Department}
  Department: {department_code: CustomField.Code}
  Transaction:
    channel: CustomField.Channel
    order_ref: CustomField.Order
    promised_on: CustomField.Promised
    reason: CustomField.Reason
    bank_ref: CustomField.House bank
    deal_ref: CustomField.CRM deal
"""


class SampleFile:
    """Fills one company file with what belongs to one legal entity, and with the lists that all share."""

    def __init__(self, fake: FakeQuickbooks, entity_id: str) -> None:
        self.fake, self.entity_id = fake, entity_id
        self.accounts: dict[str, str] = {}
        self.departments: dict[str, str] = {}
        self.classes: dict[str, str] = {}
        self.terms: dict[tuple[Any, ...], str] = {}

    def fill(self, rows: Mapping[str, Iterable[Row]]) -> None:
        """Canonical rows by entity, ids without the source's name."""
        for place, row in enumerate(rows["department"], 1):
            self.departments[row["department_code"]] = str(place)
            self.fake.save("Department", place, at=STAMP, Name=row["name"], **own(Code=row["department_code"]))
        centres = list(as_it_is_now(rows["cost_centre"], "cost_centre_code"))
        self.classes.update((row["cost_centre_code"], str(place)) for place, row in enumerate(centres, 1))
        for row in centres:
            code = row["cost_centre_code"]
            above = ref(self.classes.get(row["parent_code"] or ""))
            codes = own(Code=code, Department=row["department_code"])
            self.fake.save("Class", self.classes[code], at=STAMP, Name=row["name"], ParentRef=above, **codes)
        for place, row in enumerate(rows["gl_account"], 1):
            self.accounts[row["account_code"]] = str(place)
            self.fake.save(
                "Account", place, at=STAMP, AcctNum=row["account_code"], Name=row["name"], Active=row["is_active"],
                AccountType="Other Current Asset",
                **own(**{"Statement line": row["account_type"], "Controls": row["control_of"]}),
            )  # fmt: skip
        for row in rows["item"]:
            self.fake.save(
                "Item", row["item_id"], at=STAMP, Name=row["name"], Active=row["is_active"],
                Type="Inventory" if row["item_type"] == "goods" else "Service", UnitPrice=row["list_price_doc"],
                PurchaseCost=row["standard_cost_local"],
                **own(Kind=row["item_type"], Group=row["category"], Unit=row["unit_of_measure"]),
            )  # fmt: skip
        for row in rows["vendor"]:
            self._vendor(row)
        for row in self._mine(rows["customer"]):
            self._customer(row)
        self._sales(rows)
        self._purchases(rows)
        if self.entity_id == next(iter(HOME)):
            self._quotes(rows["quote"])

    def _mine(self, rows: Iterable[Row]) -> list[Row]:
        return [row for row in rows if row["entity_id"] == self.entity_id]

    # -- lists -----------------------------------------------------------------------------------------------------

    def _vendor(self, row: Row) -> None:
        self.fake.save(
            "Vendor", row["vendor_id"], at=STAMP, DisplayName=row["name"], TaxIdentifier=row["tax_id"],
            BillAddr={"Country": row["country"]}, CurrencyRef=ref(row["currency"]),
            TermRef=self._term(row["payment_terms_days"]),
            **own(Category=row["category"], Partner=row["intercompany_entity_id"]),
        )  # fmt: skip

    def _customer(self, row: Row) -> None:
        self.fake.save(
            "Customer", row["customer_id"], at=(row["updated_at"] or STAMP).replace(tzinfo=UTC),
            created=datetime.combine(row["created_on"], datetime.min.time(), UTC) if row["created_on"] else None,
            CompanyName=row["name"], DisplayName=f"{row['name']} {row['customer_id']}", ParentRef=ref(row["parent_id"]),
            PrimaryTaxIdentifier=row["tax_id"], WebAddr={"URI": row["domain"]}, BillAddr={"Country": row["country"]},
            CurrencyRef=ref(row["currency"]), SalesTermRef=self._term(row["payment_terms_days"]),
            **own(**{
                "Region": row["region"], "Segment": row["segment"], "Credit limit": row["credit_limit_local"],
                "CRM account": row["crm_account_ref"], "Partner": row["intercompany_entity_id"],
            }),
        )  # fmt: skip

    def _term(self, days: int | None, discount: Decimal | None = None, discount_days: int | None = None) -> Any:
        if days is None and discount is None:
            return None
        key = (days, discount, discount_days)
        if key not in self.terms:
            self.terms[key] = str(len(self.terms) + 1)
            percent = None if discount is None else discount * 100
            self.fake.save(
                "Term", self.terms[key], at=STAMP, DueDays=days, DiscountPercent=percent, DiscountDays=discount_days
            )
        return ref(self.terms[key])

    # -- documents -------------------------------------------------------------------------------------------------

    def _document(self, kind: str, number: str, row: Row, day: Any, **fields: Any) -> None:
        party = {"CustomerRef": ref(row.get("customer_id")), "VendorRef": ref(row.get("vendor_id"))}
        known = {
            "TxnDate": day, "DueDate": row.get("due_on"), "CurrencyRef": ref(row["currency"]),
            "ExchangeRate": row.get("exchange_rate"), "PrivateNote": None, **party, **fields,
        }  # fmt: skip
        stamp = row.get("updated_at") or STAMP
        self.fake.save(kind, number, at=stamp.replace(tzinfo=UTC), **{k: v for k, v in known.items() if v is not None})

    def _totals(self, row: Row, day: Any, sign: int = 1) -> dict[str, Any]:
        days = (row["due_on"] - day).days if row.get("due_on") else None
        early = (row["discount_due_on"] - day).days if row.get("discount_due_on") else None
        return {
            "TotalAmt": sign * row["gross_doc"], "HomeTotalAmt": sign * row["gross_local"],
            "TxnTaxDetail": {"TotalTax": sign * row["tax_doc"]},
            "SalesTermRef": self._term(days, row["cash_discount_ratio"], early) if early is not None else None,
        }  # fmt: skip

    def _lines(self, rows: Iterable[Row], key: str, *, sign: int = 1) -> list[dict[str, Any]]:
        lines = []
        for row in rows:
            buys = key in ("bill_line_id", "purchase_order_line_id")
            detail: dict[str, Any] = {"ClassRef": ref(self.classes.get(row.get("cost_centre_code") or ""))}
            if buys and not row["item_id"]:
                kind = "AccountBasedExpenseLineDetail"
                detail["AccountRef"] = ref(self.accounts.get(row["account_code"]))
            else:
                kind = "ItemBasedExpenseLineDetail" if buys else "SalesItemLineDetail"
                quantity = row["quantity"]
                item = "SHIPPING_ITEM_ID" if row.get("line_type") == "freight" else row["item_id"]
                detail |= {"ItemRef": ref(item), "Qty": None if quantity is None else sign * quantity}
                detail |= {"UnitPrice": row.get("unit_price_doc")}
                if row.get("account_code"):
                    detail["ItemAccountRef"] = ref(self.accounts[row["account_code"]])
            amount = row["net_doc"] if "net_doc" in row else row["quantity"] * row["unit_price_doc"]
            lines.append({"Id": row[key], "Amount": sign * amount, "DetailType": kind, kind: detail})
        subtotal = sum((line["Amount"] for line in lines), Decimal(0))
        return [*lines, {"Amount": subtotal, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}]

    def _sales(self, rows: Mapping[str, Iterable[Row]]) -> None:
        for kind, name, day in (("invoice", "Invoice", "invoiced_on"), ("credit_note", "CreditMemo", "credited_on")):
            parts = grouped(rows[f"{kind}_line"], f"{kind}_id")
            for row in self._mine(rows[kind]):
                lines = parts[row[f"{kind}_id"]]
                self._document(
                    name, row[f"{kind}_id"], row, row[day], Line=self._lines(lines, f"{kind}_line_id"),
                    DepartmentRef=ref(self.departments.get(department_of(lines))),
                    **self._totals({"cash_discount_ratio": None, **row}, row[day]),
                    **own(Channel=row.get("channel"), Order=row.get("order_id"), Reason=row.get("reason")),
                )  # fmt: skip
        self._payments(rows, "payment", "Payment", "customer_id")

    def _quotes(self, rows: Iterable[Row]) -> None:
        """Estimates. The group's CRM does not say which company makes a quote: the first one has them all."""
        states = {"accepted": "Accepted", "rejected": "Rejected", "sent": "Pending", "draft": "Pending"}
        for row in rows:
            self._document(
                "Estimate", row["quote_id"], row, row["quoted_on"], TotalAmt=row["amount_doc"],
                TxnStatus=states[row["status"]], ExpirationDate=row["valid_until_on"],
                **own(**{"CRM deal": row["deal_id"]}),
            )  # fmt: skip

    def _payments(self, rows: Mapping[str, Iterable[Row]], kind: str, name: str, party: str) -> None:
        """Payments with what they settle; credit memos are used by payments of nothing."""
        del party
        settled = "invoice" if kind == "payment" else "bill"
        amounts = {row[f"{settled}_id"]: row for row in rows[settled]}
        applied = grouped([row for row in rows[f"{kind}_application"] if row[f"{kind}_id"]], f"{kind}_id")
        for row in self._mine(rows[kind]):
            lines = []
            for one in applied[row[f"{kind}_id"]]:
                target = one[f"{settled}_id"]
                is_credit = settled == "bill" and amounts[target]["gross_doc"] < 0
                linked = "VendorCredit" if is_credit else settled.capitalize()
                lines.append({"Amount": abs(one["amount_doc"]), "LinkedTxn": [{"TxnId": target, "TxnType": linked}]})
            self._document(
                name, row[f"{kind}_id"], row, row["paid_on"], Line=lines, TotalAmt=row["amount_doc"],
                HomeTotalAmt=row["amount_local"], **own(**{"House bank": row["bank_account_id"]}),
            )  # fmt: skip
        if kind != "payment":
            return
        notes = {row["credit_note_id"]: row for row in self._mine(rows["credit_note"])}
        for row in rows["payment_application"]:
            if row["credit_note_id"] in notes:
                note = notes[row["credit_note_id"]]
                links = (("Invoice", row["invoice_id"]), ("CreditMemo", row["credit_note_id"]))
                lines = [
                    {"Amount": row["amount_doc"], "LinkedTxn": [{"TxnId": number, "TxnType": linked}]}
                    for linked, number in links
                ]
                self._document(
                    "Payment", self.carrier(row), note, row["applied_on"], Line=lines, TotalAmt=0, HomeTotalAmt=0
                )

    @staticmethod
    def carrier(row: Row) -> str:
        """The id of the payment of nothing by which a credit memo settles an invoice."""
        return str(9_000_000 + int(row["payment_application_id"]))

    def _purchases(self, rows: Mapping[str, Iterable[Row]]) -> None:
        parts = grouped(rows["bill_line"], "bill_id")
        for row in self._mine(rows["bill"]):
            sign = -1 if row["gross_doc"] < 0 else 1
            ordered = row["purchase_order_id"]
            self._document(
                "VendorCredit" if sign < 0 else "Bill", row["bill_id"], row, row["billed_on"],
                Line=self._lines(parts[row["bill_id"]], "bill_line_id", sign=sign),
                LinkedTxn=[{"TxnId": ordered, "TxnType": "PurchaseOrder"}] if ordered else None,
                DepartmentRef=ref(self.departments.get(department_of(parts[row["bill_id"]]))),
                **self._totals(row, row["billed_on"], sign),
            )  # fmt: skip
        self._payments(rows, "bill_payment", "BillPayment", "vendor_id")
        ordered_parts = grouped(rows["purchase_order_line"], "purchase_order_id")
        for row in self._mine(rows["purchase_order"]):
            self._document(
                "PurchaseOrder", row["purchase_order_id"], row, row["ordered_on"],
                Line=self._lines(ordered_parts[row["purchase_order_id"]], "purchase_order_line_id"), TotalAmt=1,
                POStatus=row["status"].capitalize(), **own(Promised=row["promised_on"]),
            )  # fmt: skip


def ref(value: Any) -> dict[str, str] | None:
    """A reference, as QuickBooks writes it."""
    return None if value is None else {"value": str(value)}


def own(**values: Any) -> dict[str, Any]:
    """The company's own fields."""
    listed = [
        {"DefinitionId": str(place), "Name": name, "Type": "StringType", "StringValue": str(value)}
        for place, (name, value) in enumerate(values.items(), 1)
        if value is not None
    ]
    return {"CustomField": listed}


def grouped(rows: Iterable[Row], key: str) -> defaultdict[str, list[Row]]:
    """Rows by the value of a column."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[key]].append(row)
    return found


def department_of(lines: Iterable[Row]) -> str:
    """The department of a document: QuickBooks has one for all lines."""
    return next((line["department_code"] for line in lines if line["department_code"]), "")
