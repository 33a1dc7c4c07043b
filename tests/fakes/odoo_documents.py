"""Journal entries of an Odoo database from canonical rows: an invoice, a bill, a payment is an entry with its postings.

Belongs here: entries and what reconciles them. Masters, orders and the company's own fields are in `odoo_sample`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from fakes.odoo import FakeOdoo

Row = Mapping[str, Any]
STAMP = datetime(2026, 6, 1, tzinfo=UTC)
COMPANIES = {"FI01": (1, "EUR"), "SE01": (2, "SEK"), "GB01": (3, "GBP")}
CURRENCIES = {code: place for place, code in enumerate(("EUR", "SEK", "GBP", "USD", "NOK", "DKK"), 1)}
EXCHANGE = "9100"
_DAYS = {"invoice": "invoiced_on", "credit_note": "credited_on", "bill": "billed_on"}
_ZERO = Decimal(0)


@dataclass
class SampleDocuments:
    """Fills a database. `ids`: the number in Odoo, by canonical entity and the id in files."""

    fake: FakeOdoo
    ids: dict[tuple[str, str], int] = field(default_factory=dict)
    accounts: dict[str, int] = field(default_factory=dict)
    controls: dict[str, str | None] = field(default_factory=dict)
    #: Refunds of vendors: the refund, the bill that it settles in part, the amount, the id of the reconciliation.
    refunds: list[tuple[str, str, Decimal, int]] = field(default_factory=list)
    _last: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _control_lines: dict[int, int] = field(default_factory=dict)

    def _save(self, model: str, **values: Any) -> int:
        number = values.pop("id", None)
        if number is None:
            self._last[model] += 1
            number = self._last[model]
        self.fake.save(model, number, **{"write_date": STAMP, "create_date": STAMP, **values})
        return int(number)

    def _id(self, entity: str, key: str | None) -> int | None:
        return None if key is None else self.ids[(entity, key)]

    def _party(self, row: Row) -> int | None:
        found = self._id("customer", row.get("customer_id"))
        return found if found is not None else self._id("vendor", row.get("vendor_id"))

    # -- entries ---------------------------------------------------------------------------------------------------

    def _entries(self, rows: Mapping[str, Iterable[Row]]) -> None:
        heads = {
            (kind, row[f"{kind}_id"]): row
            for kind in ("invoice", "credit_note", "payment", "bill", "bill_payment")
            for row in rows[kind]
        }
        parts: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for kind in ("invoice", "credit_note", "bill"):
            for row in rows[f"{kind}_line"]:
                parts[(kind, row[f"{kind}_id"])].append(row)
        exchanged: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for entity, payment in (("payment_application", "payment"), ("bill_payment_application", "bill_payment")):
            for row in rows[entity]:
                if row[f"{payment}_id"]:
                    exchanged[(payment, row[f"{payment}_id"])] += row["exchange_difference_local"] or _ZERO
        journals: dict[str, list[Row]] = defaultdict(list)
        for row in rows["journal_line"]:
            journals[row["journal_id"]].append(row)
        # A credit note names what it corrects.
        for lines in sorted(journals.values(), key=lambda lines: lines[0]["document_type"] == "credit_note"):
            lines.sort(key=lambda row: int(row["journal_line_id"].rsplit("-", 1)[1]))
            key = (lines[0]["document_type"], lines[0]["document_id"])
            head = heads.get(key)
            number = self._entry(key, head, lines)
            listed = [dict(row) for row in lines]
            if exchanged[key]:
                self._take_exchange_out(listed, exchanged[key])
            self._post(number, key, listed, parts[key])
        self._reconcile(rows)
        # What never counts: a draft, and an invoice that was cancelled.
        for state in ("draft", "cancel"):
            move = self._save(
                "account.move", name="/", move_type="out_invoice", state=state, company_id=1, journal_id=1,
                date=lines[0]["posted_on"], amount_untaxed=Decimal(999), amount_total=Decimal(999), currency_id=1,
            )  # fmt: skip
            self._save("account.move.line", move_id=move, account_id=1, display_type="product", balance=Decimal(-999))

    def _entry(self, key: tuple[str, str], head: Row | None, lines: list[Row]) -> int:
        kind, document = key
        company = COMPANIES[lines[0]["entity_id"]][0]
        shared = {"state": "posted", "company_id": company, "date": lines[0]["posted_on"], "x_posting_kind": kind}
        if head is None or kind in ("payment", "bill_payment"):
            bank = None if head is None else self._id("bank_account", head["bank_account_id"])
            number = self._save(
                "account.move", **shared, name=document, move_type="entry", journal_id=bank or company,
                currency_id=CURRENCIES[lines[0]["currency"]],
            )  # fmt: skip
            self.ids[(kind, document)] = number
            if head is not None:
                self.ids[(kind, document)] = self._payment(kind, head, number)
            return number
        back = kind == "credit_note" or head["gross_doc"] < 0
        doc, local = (-1 if head["gross_doc"] < 0 else 1), (1 if kind == "invoice" else -1)
        moves = {"invoice": "out_invoice", "credit_note": "out_refund", "bill": "in_refund" if back else "in_invoice"}
        self.ids[key] = self._save(
            "account.move", **{
                **shared, "name": document, "move_type": moves[kind], "journal_id": company,
                "commercial_partner_id": self._party(head), "currency_id": CURRENCIES[head["currency"]],
                "invoice_date": head[_DAYS[kind]], "invoice_date_due": head.get("due_on"),
                "invoice_payment_term_id": self._discount_term(head, head[_DAYS[kind]]),
                "amount_untaxed": doc * head["net_doc"], "amount_tax": doc * head["tax_doc"],
                "amount_total": doc * head["gross_doc"], "amount_untaxed_signed": local * head["net_local"],
                "amount_total_signed": local * head["gross_local"],
                "invoice_currency_rate": float(1 / head["exchange_rate"]),
                "reversed_entry_id": self._id("invoice", head["invoice_id"]) if kind == "credit_note" else None,
                "invoice_origin": head.get("order_id") or head.get("purchase_order_id"),
                "x_channel": head.get("channel"), "x_reason": head.get("reason"),
                "write_date": head.get("updated_at") or STAMP,
            },
        )  # fmt: skip
        return self.ids[key]

    def _payment(self, kind: str, row: Row, move: int) -> int:
        comes_in = kind == "payment"
        return self._save(
            "account.payment", move_id=move, state="paid", payment_type="inbound" if comes_in else "outbound",
            partner_type="customer" if comes_in else "supplier", partner_id=self._party(row),
            journal_id=self._id("bank_account", row["bank_account_id"]), amount=row["amount_doc"],
            amount_company_currency_signed=row["amount_local"] if comes_in else -row["amount_local"],
            currency_id=CURRENCIES[row["currency"]], date=row["paid_on"],
        )  # fmt: skip

    def _take_exchange_out(self, lines: list[dict[str, Any]], exchanged: Decimal) -> None:
        """Odoo posts a payment at its own rate; the difference is an entry of its own."""
        for account, moved in ((EXCHANGE, exchanged), (None, -exchanged)):
            row = next(row for row in lines if row["account_code"] == account or self._is_control(row, account))
            balance = row["debit_local"] - row["credit_local"] + moved
            row["debit_local"], row["credit_local"] = max(balance, _ZERO), max(-balance, _ZERO)
            if account is not None:
                row["amount_doc"] += moved
        lines[:] = [row for row in lines if row["debit_local"] or row["credit_local"]]

    def _is_control(self, row: Row, account: str | None) -> bool:
        return account is None and self.controls[row["account_code"]] in ("receivables", "payables")

    def _post(self, number: int, key: tuple[str, str], lines: list[dict[str, Any]], parts: list[Row]) -> None:
        kind, left = key[0], list(parts)
        for row in lines:
            part = next(
                (
                    one
                    for one in left
                    if (one["account_code"], one["item_id"]) == (row["account_code"], row["item_id"])
                    and abs(one["net_doc"]) == abs(row["amount_doc"])
                ),
                None,
            )
            about: dict[str, Any] = {"display_type": None if kind not in _DAYS else "tax"}
            if part is not None:
                left.remove(part)
                about = self._part(kind, part)
                self._revalue(number, row, part)
            line = self._line(number, row, **about)
            if part is not None:
                self.ids[(f"{kind}_line", part[f"{kind}_line_id"])] = line
            if self._is_control(row, None):
                self._control_lines.setdefault(number, line)
        assert not left, (number, left)

    def _revalue(self, number: int, row: dict[str, Any], part: Row) -> None:
        """A line is posted at its document's rate; what goods were worth when they came is a posting beside it."""
        balance = row["debit_local"] - row["credit_local"]
        beside = balance - part["net_local"] * (1 if balance > 0 else -1) * (1 if part["net_local"] > 0 else -1)
        if beside:
            shown = {"debit_local": max(beside, _ZERO), "credit_local": max(-beside, _ZERO), "amount_doc": _ZERO}
            self._line(number, {**row, **shown}, display_type="cogs")
            left = balance - beside
            row["debit_local"], row["credit_local"] = max(left, _ZERO), max(-left, _ZERO)

    def _line(self, number: int, row: Row, **about: Any) -> int:
        return self._save(
            "account.move.line", **{
                "move_id": number, "account_id": self.accounts[row["account_code"]], "partner_id": self._party(row),
                "product_id": self._id("item", row.get("item_id")), "name": row.get("description"),
                "debit": row["debit_local"], "credit": row["credit_local"],
                "balance": row["debit_local"] - row["credit_local"], "amount_currency": row["amount_doc"],
                "currency_id": CURRENCIES[row["currency"]], "x_department": row.get("department_code"),
                "x_cost_centre": row.get("cost_centre_code"), "x_project": row.get("project_id"),
                "x_partner_company": row.get("intercompany_entity_id"), **about,
            },
        )  # fmt: skip

    def _part(self, kind: str, part: Row) -> dict[str, Any]:
        sign = -1 if kind == "bill" and part["net_doc"] < 0 else 1
        ratio = part.get("discount_ratio")
        about = {
            "display_type": "product", "quantity": None if part["quantity"] is None else sign * part["quantity"],
            "price_unit": part.get("unit_price_doc"), "discount": None if ratio is None else ratio * 100,
            "price_subtotal": sign * part["net_doc"], "price_total": sign * (part["net_doc"] + part["tax_doc"]),
            "x_list_price": part.get("list_price_doc"), "x_cost": part.get("cost_local"),
            "x_project": part["project_id"],
        }  # fmt: skip
        if kind == "credit_note":
            about["x_corrects"] = self._id("invoice_line", part["invoice_line_id"])
        if kind == "invoice":
            order = self.order_of.get(part["invoice_id"])
            if part["order_line_id"]:
                about["sale_line_ids"] = [self.ids[("order_line", part["order_line_id"])]]
            elif part["line_type"] == "freight" and order is not None:
                about["sale_line_ids"] = [self.ids[("freight", order)]]
        if part.get("line_type") == "freight" and "sale_line_ids" not in about:
            about["x_kind"] = "freight"
        return about

    # -- what settles what -----------------------------------------------------------------------------------------

    def _reconcile(self, rows: Mapping[str, Iterable[Row]]) -> None:
        for row in rows["payment_application"]:
            settling = "payment" if row["payment_id"] else "credit_note"
            self.ids[("payment_application", row["payment_application_id"])] = self._apply(
                row, debit=("invoice", row["invoice_id"]), credit=(settling, row[f"{settling}_id"])
            )
        applied: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in rows["bill_payment_application"]:
            applied[row["bill_payment_id"]].append(dict(row))
        for payment, listed in applied.items():
            kept = [row for row in listed if row["amount_doc"] >= 0]
            # What files apply to a negative bill: here the refund settles a bill itself, and the payment the rest.
            for row in listed:
                if row["amount_doc"] < 0:
                    largest = max(kept, key=lambda one: one["amount_doc"])
                    largest["amount_doc"] += row["amount_doc"]
                    largest["amount_local"] += row["amount_local"]
                    turned = {**row, "amount_doc": -row["amount_doc"], "amount_local": -row["amount_local"]}
                    pair = (("bill", row["bill_id"]), ("bill", largest["bill_id"]))
                    number = self._apply(turned, debit=pair[0], credit=pair[1])
                    self.refunds.append((row["bill_id"], largest["bill_id"], -row["amount_doc"], number))
            for row in kept:
                self.ids[("bill_payment_application", row["bill_payment_application_id"])] = self._apply(
                    row, debit=("bill_payment", payment), credit=("bill", row["bill_id"])
                )

    def _apply(self, row: Row, *, debit: tuple[str, str], credit: tuple[str, str]) -> int:
        """A reconciliation, and the entry for its exchange difference where there is one."""
        gain = row["exchange_difference_local"] or _ZERO
        debit_line, credit_line = (self._control_lines[self._move_of(*one)] for one in (debit, credit))
        # The document's own value, and the payment's beside it: the lesser of the two is reconciled.
        settled, paid = row["amount_local"], row["amount_local"] + (gain if debit[0] == "invoice" else -gain)
        applied = row["amount_doc"] + (row["discount_doc"] or _ZERO)
        exchange = None
        if gain:
            exchange, line = self._exchange(debit_line, gain, row["applied_on"])
            pair = {"debit_move_id": line, "credit_move_id": credit_line}
            if gain < 0:
                pair = {"debit_move_id": debit_line, "credit_move_id": line}
            self._save(
                "account.partial.reconcile", **pair, amount=abs(gain), debit_amount_currency=_ZERO,
                credit_amount_currency=_ZERO, max_date=row["applied_on"],
            )  # fmt: skip
        return self._save(
            "account.partial.reconcile", debit_move_id=debit_line, credit_move_id=credit_line,
            amount=min(settled, paid), debit_amount_currency=applied, credit_amount_currency=applied,
            exchange_move_id=exchange, max_date=row["applied_on"],
        )  # fmt: skip

    def _exchange(self, beside: int, gain: Decimal, day: Any) -> tuple[int, int]:
        lines = self.fake.records["account.move.line"]
        settled = lines[beside]
        move = self.fake.records["account.move"][settled["move_id"]]
        company, currency = next(pair for pair in COMPANIES.values() if pair[0] == move["company_id"])
        number = self._save(
            "account.move", state="posted", company_id=company, date=day, name=f"EXCH/{beside}", move_type="entry",
            journal_id=company, currency_id=CURRENCIES[currency],
        )  # fmt: skip
        shared = {"move_id": number, "name": "Exchange difference"}
        debit, credit = max(gain, _ZERO), max(-gain, _ZERO)
        line = self._save(
            "account.move.line", **shared, account_id=settled["account_id"], partner_id=settled["partner_id"],
            debit=debit, credit=credit, balance=gain, amount_currency=_ZERO, currency_id=settled["currency_id"],
            x_partner_company=settled["x_partner_company"],
        )  # fmt: skip
        self._save(
            "account.move.line", **shared, account_id=self.accounts[EXCHANGE], debit=credit, credit=debit,
            balance=-gain, amount_currency=-gain, currency_id=CURRENCIES[currency],
            **self.exchange_dimensions(move["company_id"]),
        )  # fmt: skip
        return number, line

    def _move_of(self, kind: str, key: str) -> int:
        number = self.ids[(kind, key)]
        return number if kind in _DAYS else int(self.fake.records["account.payment"][number]["move_id"])

    def exchange_dimensions(self, company: int) -> dict[str, Any]:
        """Department and cost centre of exchange differences of a company."""
        raise NotImplementedError

    def _discount_term(self, row: Row, day: Any) -> int | None:
        raise NotImplementedError

    @property
    def order_of(self) -> Mapping[str, str]:
        """The order of an invoice, where it has one."""
        raise NotImplementedError
