"""Orders, documents, their postings and what settles what, as a NetSuite account has them: all are transactions.

Belongs here: documents. Masters, and the company's own fields, are in `netsuite_sample`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from fakes.netsuite import FakeNetsuite

Row = Mapping[str, Any]
STAMP = datetime(2026, 6, 1, tzinfo=UTC)
SUBSIDIARIES = {"FI01": (1, "EUR"), "SE01": (2, "SEK"), "GB01": (3, "GBP")}
CURRENCIES = {code: place for place, code in enumerate(("EUR", "SEK", "GBP", "USD", "NOK", "DKK"), 1)}
TYPES = {
    "invoice": "CustInvc", "credit_note": "CustCred", "payment": "CustPymt", "bill": "VendBill",
    "bill_payment": "VendPymt", "delivery": "ItemRcpt", "bank": "Transfer",
}  # fmt: skip


@dataclass
class SampleDocuments:
    """Fills an account. `ids`: the id in NetSuite, by canonical entity and the id in files, where the two differ."""

    fake: FakeNetsuite
    ids: dict[tuple[str, str], str] = field(default_factory=dict)
    accounts: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    departments: dict[str, int] = field(default_factory=dict)
    classes: dict[str, int] = field(default_factory=dict)
    terms: dict[tuple[Any, ...], int] = field(default_factory=dict)
    #: Vendor credits: the credit, the bill that it settles in part, the amount.
    credits: list[tuple[str, str, Decimal]] = field(default_factory=list)

    def _transaction(self, number: int, kind: str, row: Row, day: date, **fields: Any) -> None:
        self.fake.save(
            "transaction", **{
                "id": number, "type": kind, "tranid": str(number), "trandate": day, "posting": True, "voided": False,
                "entity": row.get("customer_id") or row.get("vendor_id"),
                "currency": CURRENCIES.get(str(row.get("currency"))), "exchangerate": row.get("exchange_rate"),
                "lastmodifieddate": row.get("updated_at") or STAMP, **fields,
            },
        )  # fmt: skip

    def _line(self, number: int, line: int, row: Row, entity_id: str, **fields: Any) -> None:
        self.fake.save(
            "transactionline", **{
                "transaction": number, "id": line, "mainline": False, "taxline": False, "iscogs": False,
                "isfxvariance": False, "subsidiary": SUBSIDIARIES[entity_id][0], "item": row.get("item_id"),
                "department": self.departments.get(row.get("department_code") or ""),
                "class": self.classes.get(row.get("cost_centre_code") or ""),
                "entity": row.get("customer_id") or row.get("vendor_id"), "custcol_project": row.get("project_id"),
                "linelastmodifieddate": STAMP, **fields,
            },
        )  # fmt: skip

    def _orders(self, rows: Mapping[str, Iterable[Row]]) -> None:
        states = {"open": "B", "closed": "H", "cancelled": "C"}
        orders = {row["order_id"]: row for row in rows["order"]}
        for key, row in orders.items():
            self._transaction(
                int(key), "SalesOrd", row, row["ordered_on"], posting=False, status=states[row["status"]],
                custbody_channel=row["channel"], custbody_crm_opportunity=row["deal_ref"],
                custbody_promised=row["promised_on"],
            )  # fmt: skip
            self._line(int(key), 0, {}, row["entity_id"], mainline=True)
            if row["freight_doc"]:
                self._line(
                    int(key), 9999, {}, row["entity_id"], itemtype="ShipItem", foreignamount=-row["freight_doc"],
                )  # fmt: skip
        for row in rows["order_line"]:
            self._line(
                int(row["order_id"]), _position(row["order_line_id"]), row, orders[row["order_id"]]["entity_id"],
                quantity=-row["quantity"], rate=row["unit_price_doc"], foreignamount=-row["net_doc"],
                expectedshipdate=row["promised_on"], custcol_list_price=row["list_price_doc"],
                custcol_discount=row["discount_ratio"],
            )  # fmt: skip
        bought = {row["purchase_order_id"]: row for row in rows["purchase_order"]}
        for key, row in bought.items():
            self._transaction(
                int(key), "PurchOrd", row, row["ordered_on"], posting=False, status=states[row["status"]],
                custbody_promised=row["promised_on"],
            )  # fmt: skip
            self._line(int(key), 0, {}, row["entity_id"], mainline=True)
        for row in rows["purchase_order_line"]:
            entity_id = bought[row["purchase_order_id"]]["entity_id"]
            self._line(
                int(row["purchase_order_id"]), _position(row["purchase_order_line_id"]), row, entity_id,
                quantity=row["quantity"], rate=row["unit_price_doc"],
            )  # fmt: skip

    def _documents(self, rows: Mapping[str, Iterable[Row]]) -> None:
        heads = {
            (kind, row[f"{kind}_id"]): row
            for kind in ("invoice", "credit_note", "payment", "bill", "bill_payment")
            for row in rows[kind]
        }
        parts: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for kind in ("invoice", "credit_note", "bill"):
            for row in rows[f"{kind}_line"]:
                parts[(kind, row[f"{kind}_id"])].append(row)
        journals: dict[str, list[Row]] = defaultdict(list)
        for row in rows["journal_line"]:
            journals[row["journal_id"]].append(row)
        for journal_id, lines in journals.items():
            lines.sort(key=lambda row: _position(row["journal_line_id"]))
            key = (lines[0]["document_type"], lines[0]["document_id"])
            head = heads.get(key)
            number = int(journal_id if head is None else lines[0]["document_id"])
            self.ids[("journal", journal_id)] = str(number)
            if head is None:
                kind = TYPES.get(key[0], "Journal")
                self._transaction(number, kind, lines[0], lines[0]["posted_on"], custbody_posting_kind=key[0])
            else:
                self._head(number, key[0], head)
            self._post(number, key[0], lines, parts[key])
        self._link(rows)

    def _head(self, number: int, kind: str, row: Row) -> None:
        day = row[{"invoice": "invoiced_on", "credit_note": "credited_on", "bill": "billed_on"}.get(kind, "paid_on")]
        until = row.get("discount_due_on")
        ratio = row.get("cash_discount_ratio")
        negative = kind == "bill" and row["gross_doc"] < 0
        self._transaction(
            number, "VendCred" if negative else TYPES[kind], row, day, duedate=row.get("due_on"), status="A",
            terms=self._discount_term(ratio, None if until is None else (until - day).days),
            custbody_channel=row.get("channel"), custbody_reason=row.get("reason"),
            custbody_house_bank=row.get("bank_account_id"),
        )  # fmt: skip

    def _post(self, number: int, kind: str, lines: list[Row], parts: list[Row]) -> None:
        """Postings, and the lines of the document that they belong to."""
        left = list(parts)
        entity_id = lines[0]["entity_id"]
        for place, row in enumerate(lines):
            amount = row["debit_local"] - row["credit_local"]
            is_foreign = row["currency"] != SUBSIDIARIES[entity_id][1]
            is_all_local = all(one["currency"] == row["currency"] for one in lines)
            part = next(
                (
                    one
                    for one in left
                    if one["account_code"] == row["account_code"]
                    and one["item_id"] == row["item_id"]
                    and abs(one["net_doc"]) == abs(row["amount_doc"])
                ),
                None,
            )
            if part is not None:
                left.remove(part)
            is_main = place == 0 and kind in TYPES
            line = 0 if is_main else 10_000 + place
            about: dict[str, Any] = {
                "mainline": is_main,
                "memo": row["description"],
                "custcol_partner": row["intercompany_entity_id"],
            }
            if is_foreign or is_all_local:
                about["foreignamount"] = row["amount_doc"]
            if part is not None:
                line = _position(part[f"{kind}_line_id"])
                about |= self._part(kind, part)
            elif kind in ("invoice", "credit_note", "bill") and not is_main:
                about["taxline"] = row["account_code"] in ("2500", "1650", "1600")
                about["iscogs"] = not about["taxline"] and row["account_code"] != "9100"
            about["isfxvariance"] = row["account_code"] == "9100" and kind != "manual"
            self.ids[("journal_line", row["journal_line_id"])] = f"{number}-{line}"
            self._line(number, line, row, row["entity_id"], **about)
            self.fake.save(
                "transactionaccountingline", transaction=number, transactionline=line, accountingbook=1, posting=True,
                account=self.accounts[row["account_code"]], debit=row["debit_local"] or None,
                credit=row["credit_local"] or None, amount=amount,
            )  # fmt: skip
        assert not left, (number, left)

    def _part(self, kind: str, part: Row) -> dict[str, Any]:
        sign = -1 if kind == "invoice" else 1
        return {
            "quantity": None if part["quantity"] is None else sign * part["quantity"],
            "rate": part.get("unit_price_doc"), "foreignamount": sign * part["net_doc"],
            "netamount": sign * part["net_local"],
            "itemtype": "ShipItem" if part.get("line_type") == "freight" else None,
            "custcol_list_price": part.get("list_price_doc"), "custcol_discount": part.get("discount_ratio"),
            "custcol_tax": part["tax_doc"], "custcol_cost": part.get("cost_local"),
            "custcol_kind": part.get("line_type"),
            "custcol_credited_line": part.get("invoice_line_id"), "custcol_project": part["project_id"],
        }  # fmt: skip

    def _link(self, rows: Mapping[str, Iterable[Row]]) -> None:
        for row in rows["invoice_line"]:
            if row["order_line_id"]:
                order_line = (int(row["order_line_id"].rsplit("-", 1)[0]), _position(row["order_line_id"]))
                self._save_link(order_line, (int(row["invoice_id"]), _position(row["invoice_line_id"])), "OrdBill")
        for row in rows["invoice"]:
            if row["order_id"]:
                self._save_link((int(row["order_id"]), 0), (int(row["invoice_id"]), 0), "OrdBill")
        for row in rows["bill"]:
            if row["purchase_order_id"]:
                self._save_link((int(row["purchase_order_id"]), 0), (int(row["bill_id"]), 0), "OrdBill")
        for row in rows["credit_note"]:
            if row["invoice_id"]:
                self.fake.save(
                    "transactionline",
                    transaction=int(row["credit_note_id"]),
                    id=0,
                    createdfrom=int(row["invoice_id"]),
                    linelastmodifieddate=STAMP,
                )
        for entity, payment, settled in (
            ("payment_application", ("payment_id", "credit_note_id"), "invoice_id"),
            ("bill_payment_application", ("bill_payment_id",), "bill_id"),
        ):
            many: dict[str, list[Row]] = defaultdict(list)
            for row in rows[entity]:
                many[next(row[name] for name in payment if row[name])].append(row)
            for key, applied in many.items():
                for place, row in enumerate(self._credits_settled(applied)):
                    # One posting for all: only where it is of one application, it is that one's line.
                    line = self._control_line(int(key)) if len(applied) == 1 else 20_000 + place
                    number = int(row[settled])
                    amount = row["amount_doc"] + (row["discount_doc"] or 0)
                    self._save_link((number, place), (int(key), line), "Payment", amount)
                    self.ids[(entity, row[f"{entity}_id"])] = f"{key}-{line}-{number}-{place}"

    def _credits_settled(self, applied: list[Row]) -> list[Row]:
        """What files apply to a negative bill: here the credit settles a bill itself, and the payment the rest."""
        returned = [row for row in applied if row["amount_doc"] < 0]
        left = [dict(row) for row in applied if row["amount_doc"] >= 0]
        for row in returned:
            largest = max(left, key=lambda one: one["amount_doc"])
            largest["amount_doc"] += row["amount_doc"]
            self._save_link((int(largest["bill_id"]), 0), (int(row["bill_id"]), 0), "Payment", -row["amount_doc"])
            self.credits.append((row["bill_id"], largest["bill_id"], -row["amount_doc"]))
        return left

    def _control_line(self, number: int) -> int:
        found = self.fake.database.execute(
            "select p.transactionline from transactionaccountingline p join account a on a.id = p.account"
            " where p.\"transaction\" = ? and a.accttype in ('AcctRec', 'AcctPay')",
            [number],
        ).fetchone()
        return int(found[0])

    def _save_link(
        self, previous: tuple[int, int], following: tuple[int, int], kind: str, amount: Decimal | None = None
    ) -> None:
        self.fake.save(
            "nexttransactionlinelink",
            previousdoc=previous[0],
            previousline=previous[1],
            nextdoc=following[0],
            nextline=following[1],
            linktype=kind,
            foreignamount=amount,
        )

    def _discount_term(self, ratio: Decimal | None, days: int | None) -> int | None:
        return None if ratio is None else self._term(None, ratio * 100, days)

    def _term(self, *about: Any) -> int | None:
        if about == (None, None, None):
            return None
        if about not in self.terms:
            self.terms[about] = len(self.terms) + 1
            days, percent, expiry = about
            self.fake.save(
                "term", id=self.terms[about], daysuntilnetdue=days, discountpercent=percent, daysuntilexpiry=expiry
            )
        return self.terms[about]


def _position(key: str) -> int:
    return int(key.rsplit("-", 1)[1])
