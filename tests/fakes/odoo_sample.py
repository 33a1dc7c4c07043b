"""The sample company's ERP as an Odoo database: canonical rows turned back into records, with the company's own fields.

The company's own fields are mapped by MAPPING, as a company would do it. Odoo numbers its records itself: `ids` says
which number a canonical row has got.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from fakes.odoo import FakeOdoo
from fakes.odoo_documents import COMPANIES, CURRENCIES, Row, SampleDocuments

MAPPING = """
objects:
  res.company:
    entity_id: {column: id, values: {"1": FI01, "2": SE01, "3": GB01}}
  res.partner:
    currency: x_currency
    vendor_currency: x_currency
    region: {column: x_region, values: {NORTH: North, EAST: East, CENTRAL: Central, WEST: West}}
    segment: x_segment
    category: x_category
    crm_account_ref: x_crm_account
    intercompany_entity_id: x_own_company
  product.template: {item_type: x_kind, currency: {constant: EUR}}
  account.account: {account_type: x_statement_line, control_of: x_control}
  account.move: {channel: x_channel, reason: x_reason, posting_kind: x_posting_kind}
  account.move.line:
    list_price_doc: x_list_price
    cost_local: x_cost
    department_code: x_department
    cost_centre_code: x_cost_centre
    project_id: x_project
    invoice_line_id: x_corrects
    line_type: x_kind
    intercompany_entity_id: x_partner_company
  sale.order: {channel: x_channel, deal_ref: x_crm_deal}
  sale.order.line: {list_price_doc: x_list_price, promised_on: x_promised_on, project_id: x_project}
"""
_CHARS = (
    ("res.partner", "x_currency x_region x_segment x_category x_crm_account x_own_company x_shoe_size"),
    ("product.template", "x_kind"),
    ("account.account", "x_statement_line x_control"),
    ("account.move", "x_channel x_reason x_posting_kind"),
    ("account.move.line", "x_department x_cost_centre x_project x_kind x_partner_company"),
    ("sale.order", "x_channel x_crm_deal"),
    ("sale.order.line", "x_project"),
)
OWN_FIELDS = {model: dict.fromkeys(names.split(), "char") for model, names in _CHARS}
OWN_FIELDS["account.move.line"] |= {"x_list_price": "float", "x_cost": "monetary", "x_corrects": "many2one"}
OWN_FIELDS["sale.order.line"] |= {"x_list_price": "float", "x_promised_on": "date"}
KINDS = {"receivables": "asset_receivable", "payables": "liability_payable", "bank": "asset_cash"}


def empty_database(**settings: Any) -> FakeOdoo:
    """A database with every model and field, its companies and currencies, and nothing else."""
    fake = FakeOdoo(**settings)
    for model, types in OWN_FIELDS.items():
        fake.fields[model] |= types
    return fake


@dataclass
class SampleDatabase(SampleDocuments):
    """Fills a database with whatever entities are given; those of documents need all that they name."""

    _orders_of: dict[str, str] = field(default_factory=dict)
    _terms: dict[tuple[Any, ...], int] = field(default_factory=dict)
    _named: dict[tuple[str, str], int] = field(default_factory=dict)

    def fill(self, rows: Mapping[str, Iterable[Row]]) -> None:
        """Canonical rows by entity, ids without the source's name."""
        for code, number in CURRENCIES.items():
            self._save("res.currency", id=number, name=code)
        for code, (number, currency) in COMPANIES.items():
            self._save("res.company", id=number, name=code, currency_id=CURRENCIES[currency])
            self._save("account.journal", name=f"Entries {code}", type="general", company_id=number)
        for row in rows["gl_account"]:
            self._account(row)
        for row in rows["bank_account"]:
            self.ids[("bank_account", row["bank_account_id"])] = self._save(
                "account.journal", name=row["name"], type="bank", company_id=COMPANIES[row["entity_id"]][0],
                currency_id=CURRENCIES[row["currency"]], default_account_id=self.accounts[row["account_code"]],
            )  # fmt: skip
        for entity in ("customer", "vendor"):
            self._partners(entity, list(rows[entity]))
        for row in rows["item"]:
            self._item(row)
        for row in rows["fx_rate"]:
            self._save(
                "res.currency.rate", name=row["rate_on"], currency_id=CURRENCIES[row["from_currency"]],
                company_id=1, inverse_company_rate=row["rate"],
            )  # fmt: skip
        self._orders(rows)
        self._purchase_orders(rows)
        self._orders_of = {row["invoice_id"]: row["order_id"] for row in rows["invoice"]}
        self._entries(rows)

    @property
    def order_of(self) -> Mapping[str, str]:
        return self._orders_of

    def exchange_dimensions(self, company: int) -> dict[str, Any]:
        code = next(code for code, (number, _) in COMPANIES.items() if number == company)
        return {"x_department": "ADM", "x_cost_centre": f"{code[:2]}-ADM"}

    # -- masters ---------------------------------------------------------------------------------------------------

    def _account(self, row: Row) -> None:
        self.controls[row["account_code"]] = row["control_of"]
        kind = KINDS.get(row["control_of"] or "", "asset_current")
        # Of three companies, each of which has the account, two say its number only together with a name.
        for place, (code, _) in enumerate(COMPANIES.items()):
            number = self._save(
                "account.account", code=row["account_code"] if place == 0 else None, name=row["name"],
                placeholder_code=f"{row['account_code']} ({code})", account_type=kind, active=row["is_active"],
                deprecated=not row["is_active"], x_statement_line=row["account_type"], x_control=row["control_of"],
            )  # fmt: skip
            self.accounts.setdefault(row["account_code"], number)

    def _partners(self, entity: str, rows: list[Row]) -> None:
        is_customer = entity == "customer"
        for row in rows:
            self._last["res.partner"] += 1
            self.ids[(entity, row[f"{entity}_id"])] = self._last["res.partner"]
        for row in rows:
            number = self.ids[(entity, row[f"{entity}_id"])]
            owner = row.get("entity_id")
            self._save(
                "res.partner", id=number, name=row["name"], commercial_partner_id=number, is_company=True,
                parent_id=self._id(entity, row.get("parent_id")), active=number % 7 != 0, vat=row["tax_id"],
                company_id=None if owner is None else COMPANIES[owner][0], website=row.get("domain"),
                country_id=self._country(row["country"]), customer_rank=int(is_customer),
                supplier_rank=int(not is_customer), credit_limit=row.get("credit_limit_local"),
                **{
                    "property_payment_term_id" if is_customer else "property_supplier_payment_term_id": self._net_term(
                        row["payment_terms_days"]
                    )
                },
                create_date=_midnight(row.get("created_on")), x_currency=row["currency"],
                x_region=(row.get("region") or "").upper() or None, x_segment=row.get("segment"),
                x_category=row.get("category"), x_crm_account=row.get("crm_account_ref"),
                x_own_company=row["intercompany_entity_id"],
                **({"write_date": row["updated_at"]} if row.get("updated_at") else {}),
            )  # fmt: skip
            # People at the partner, and its addresses, are partners that stand for it.
            self._save("res.partner", name="Invoices", commercial_partner_id=number, parent_id=number, is_company=False)

    def _item(self, row: Row) -> None:
        template = self._save(
            "product.template", name=row["name"], type="service" if row["item_type"] != "goods" else "consu",
            categ_id=self._name("product.category", row["category"]),
            uom_id=self._name("uom.uom", row["unit_of_measure"]), list_price=row["list_price_doc"],
            x_kind="subscription" if row["item_type"] == "subscription" else None,
        )  # fmt: skip
        self.ids[("item", row["item_id"])] = self._save(
            "product.product", product_tmpl_id=template, default_code=row["item_id"],
            standard_price=row["standard_cost_local"], active=row["is_active"],
        )  # fmt: skip

    def _name(self, model: str, name: str | None) -> int | None:
        if name is None:
            return None
        if (model, name) not in self._named:
            self._named[(model, name)] = self._save(model, name=name)
        return self._named[(model, name)]

    def _country(self, code: str | None) -> int | None:
        if code is None:
            return None
        if ("res.country", code) not in self._named:
            self._named[("res.country", code)] = self._save("res.country", code=code)
        return self._named[("res.country", code)]

    def _net_term(self, days: int | None) -> int | None:
        if days is None:
            return None
        if (days,) not in self._terms:
            self._terms[(days,)] = self._save("account.payment.term", early_discount=False)
            self._save("account.payment.term.line", payment_id=self._terms[(days,)], nb_days=days)
        return self._terms[(days,)]

    def _discount_term(self, row: Row, day: Any) -> int | None:
        ratio, until = row.get("cash_discount_ratio"), row.get("discount_due_on")
        if ratio is None or until is None:
            return None
        key = (ratio, (until - day).days)
        if key not in self._terms:
            self._terms[key] = self._save(
                "account.payment.term", early_discount=True, discount_percentage=ratio * 100, discount_days=key[1]
            )
        return self._terms[key]

    # -- orders ----------------------------------------------------------------------------------------------------

    def _orders(self, rows: Mapping[str, Iterable[Row]]) -> None:
        states = {"open": ("sale", "to invoice"), "closed": ("sale", "invoiced"), "cancelled": ("cancel", "no")}
        for row in rows["order"]:
            state, invoiced = states[row["status"]]
            self.ids[("order", row["order_id"])] = order = self._save(
                "sale.order", name=row["order_id"], state=state, invoice_status=invoiced,
                company_id=COMPANIES[row["entity_id"]][0], partner_id=self.ids[("customer", row["customer_id"])],
                currency_id=CURRENCIES[row["currency"]], date_order=_midnight(row["ordered_on"]),
                commitment_date=_midnight(row["promised_on"]), x_channel=row["channel"], x_crm_deal=row["deal_ref"],
                write_date=row["updated_at"],
            )  # fmt: skip
            freight = row["freight_doc"] or Decimal(0)
            self.ids[("freight", row["order_id"])] = self._save(
                "sale.order.line", order_id=order, is_delivery=True, product_uom_qty=Decimal(1), price_unit=freight,
                price_subtotal=freight,
            )  # fmt: skip
            self._save("sale.order.line", order_id=order, display_type="line_note", product_uom_qty=0, price_unit=0)
        for row in rows["order_line"]:
            ratio = row["discount_ratio"]
            self.ids[("order_line", row["order_line_id"])] = self._save(
                "sale.order.line", order_id=self.ids[("order", row["order_id"])],
                product_id=self._id("item", row["item_id"]), product_uom_qty=row["quantity"],
                price_unit=row["unit_price_doc"], discount=None if ratio is None else ratio * 100,
                price_subtotal=row["net_doc"], x_list_price=row["list_price_doc"], x_promised_on=row["promised_on"],
                x_project=row["project_id"],
            )  # fmt: skip

    def _purchase_orders(self, rows: Mapping[str, Iterable[Row]]) -> None:
        states = {"open": ("purchase", "to invoice"), "closed": ("purchase", "invoiced"), "cancelled": ("cancel", "no")}
        for row in rows["purchase_order"]:
            state, invoiced = states[row["status"]]
            self.ids[("purchase_order", row["purchase_order_id"])] = self._save(
                "purchase.order", name=row["purchase_order_id"], state=state, invoice_status=invoiced,
                company_id=COMPANIES[row["entity_id"]][0], partner_id=self.ids[("vendor", row["vendor_id"])],
                currency_id=CURRENCIES[row["currency"]], date_order=_midnight(row["ordered_on"]),
                date_planned=_midnight(row["promised_on"]),
            )  # fmt: skip
        for row in rows["purchase_order_line"]:
            self.ids[("purchase_order_line", row["purchase_order_line_id"])] = self._save(
                "purchase.order.line", order_id=self.ids[("purchase_order", row["purchase_order_id"])],
                product_id=self._id("item", row["item_id"]), product_qty=row["quantity"],
                price_unit=row["unit_price_doc"],
            )  # fmt: skip


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime(day.year, day.month, day.day, tzinfo=UTC)
