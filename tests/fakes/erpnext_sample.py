"""The sample company's ERP as an ERPNext site: canonical rows turned back into documents.

What ERPNext has no field for is in custom fields, mapped by MAPPING as a company would do it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from fakes.erpnext import FakeErpnext
from pipelines.sources.systems import system_objects

Row = Mapping[str, Any]
STAMP = datetime(2026, 6, 1, tzinfo=UTC)

MAPPING = """
objects:
  Account: {account_class: custom_class}
  Customer:
    entity_id: custom_company
    parent_id: custom_parent
    country: custom_country
    payment_terms_days: custom_terms
    credit_limit_local: custom_credit_limit
    crm_account_ref: custom_crm_ref
  Supplier: {payment_terms_days: custom_terms}
  Item: {item_type: custom_type, currency: custom_currency}
  Sales Invoice:
    channel: custom_channel
    reason: custom_reason
    discount_due_on: custom_discount_due
    cash_discount_ratio: custom_discount
    freight_doc: custom_freight
  Sales Invoice Item:
    unit_price_doc: custom_price
    discount_ratio: custom_discount
    tax_doc: custom_tax
    cost_local: custom_cost
    department_code: custom_department
    line_type: custom_kind
  Purchase Invoice:
    purchase_order_id: custom_order
    discount_due_on: custom_discount_due
    cash_discount_ratio: custom_discount
  Purchase Invoice Item: {tax_doc: custom_tax, department_code: custom_department}
  Payment Entry Reference: {discount_doc: custom_discount}
  GL Entry:
    department_code: custom_department
    customer_id: custom_customer
    vendor_id: custom_vendor
    item_id: custom_item
    intercompany_entity_id: custom_intercompany
"""
#: By type: the custom fields that MAPPING names.
OWN_FIELDS = {
    "Account": ["custom_class"],
    "Customer": [
        "custom_company",
        "custom_parent",
        "custom_country",
        "custom_terms",
        "custom_credit_limit",
        "custom_crm_ref",
    ],
    "Supplier": ["custom_terms"],
    "Item": ["custom_type", "custom_currency"],
    "Sales Invoice": ["custom_channel", "custom_reason", "custom_discount_due", "custom_discount", "custom_freight"],
    "Sales Invoice Item": [
        "custom_price",
        "custom_discount",
        "custom_tax",
        "custom_cost",
        "custom_department",
        "custom_kind",
    ],
    "Purchase Invoice": ["custom_order", "custom_discount_due", "custom_discount", "custom_shoe_size"],
    "Purchase Invoice Item": ["custom_tax", "custom_department"],
    "Payment Entry Reference": ["custom_discount"],
    "GL Entry": ["custom_department", "custom_customer", "custom_vendor", "custom_item", "custom_intercompany"],
}
CHILDREN = {
    "Sales Invoice Item": "Sales Invoice",
    "Purchase Invoice Item": "Purchase Invoice",
    "Payment Entry Reference": "Payment Entry",
}
VOUCHERS = {
    "invoice": "Sales Invoice", "credit_note": "Sales Invoice", "bill": "Purchase Invoice", "payment": "Payment Entry",
    "bill_payment": "Payment Entry", "delivery": "Delivery Note",
}  # fmt: skip
SUBTYPES = {"opening": "Opening Entry", "depreciation": "Depreciation Entry", "bank": "Bank Entry"}


def empty_site(**settings: Any) -> FakeErpnext:
    """A site with every type and field, and no document."""
    site = FakeErpnext(child_of=dict(CHILDREN), **settings)
    for one in system_objects("erpnext"):
        site.fields[one.name] = {*one.fields, *OWN_FIELDS.get(one.name, [])} - {"changedAt", "createdOn"}
        for name in OWN_FIELDS.get(one.name, []):
            site.save("Custom Field", f"{one.name}-{name}", dt=one.name, fieldname=name)
    site.fields["Custom Field"] = {"dt", "fieldname"}
    return site


def fill(site: FakeErpnext, entity: str, rows: Iterable[Row]) -> None:
    """Put canonical rows of one entity into the site. Ids are given without the source's name."""
    for row in rows:
        _FILLERS[entity](site, row)


def _save(site: FakeErpnext, doctype: str, name: str, row: Row, **fields: Any) -> None:
    site.save(doctype, name, at=(row.get("updated_at") or STAMP).replace(tzinfo=UTC), **fields)


def _line(site: FakeErpnext, doctype: str, name: str, parent: str, fields: Mapping[str, Any]) -> None:
    kept = site.documents.setdefault(doctype, {})
    about = {
        "parent": parent,
        "parenttype": CHILDREN[doctype],
        "creation": site.stamp(STAMP),
        "modified": site.stamp(STAMP),
    }
    kept[name] = {"name": name, "idx": len(kept), "docstatus": 1, **about, **fields}


def _account(site: FakeErpnext, row: Row) -> None:
    kinds = {"receivables": "Receivable", "payables": "Payable", "inventory": "Stock", "bank": "Bank"}
    _save(
        site, "Account", _title(row["account_code"]), row, account_name=row["name"], account_number=row["account_code"],
        is_group=0, disabled=int(not row["is_active"]), company="FI01", custom_class=row["account_type"],
        account_type=kinds.get(row["control_of"]),
    )  # fmt: skip


def _title(code: str | None) -> str | None:
    return None if code is None else f"{code} - title - FI"  # type: ignore[return-value]


def _customer(site: FakeErpnext, row: Row) -> None:
    _save(
        site, "Customer", row["customer_id"], row, customer_name=row["name"], tax_id=row["tax_id"],
        website=row["domain"],
        territory=row["region"], customer_group=row["segment"], default_currency=row["currency"],
        represents_company=row["intercompany_entity_id"], custom_company=row["entity_id"],
        custom_parent=row["parent_id"], custom_country=row["country"], custom_terms=row["payment_terms_days"],
        custom_credit_limit=row["credit_limit_local"], custom_crm_ref=row["crm_account_ref"],
    )  # fmt: skip
    site.documents["Customer"][row["customer_id"]]["creation"] = (
        f"{row['created_on'] or date(2020, 1, 1)} 00:00:00.000000"
    )


def _supplier(site: FakeErpnext, row: Row) -> None:
    _save(
        site, "Supplier", row["vendor_id"], row, supplier_name=row["name"], tax_id=row["tax_id"],
        country=row["country"], supplier_group=row["category"], default_currency=row["currency"],
        represents_company=row["intercompany_entity_id"], custom_terms=row["payment_terms_days"],
    )  # fmt: skip


def _item(site: FakeErpnext, row: Row) -> None:
    _save(
        site, "Item", row["item_id"], row, item_name=row["name"], item_group=row["category"],
        stock_uom=row["unit_of_measure"], is_stock_item=int(row["item_type"] == "goods"),
        disabled=int(not row["is_active"]), standard_rate=row["list_price_doc"] or Decimal(0),
        valuation_rate=row["standard_cost_local"] or Decimal(0), custom_type=row["item_type"],
        custom_currency=row["currency"],
    )  # fmt: skip


def _amounts(row: Row, sign: int) -> dict[str, Any]:
    fields = {
        "net_total": "net_doc", "total_taxes_and_charges": "tax_doc", "grand_total": "gross_doc",
        "base_net_total": "net_local", "base_grand_total": "gross_local",
    }  # fmt: skip
    amounts = {name: None if row[column] is None else sign * row[column] for name, column in fields.items()}
    return {
        **amounts,
        "currency": row["currency"],
        "conversion_rate": row["exchange_rate"],
        "company": row["entity_id"],
    }


def _invoice(site: FakeErpnext, row: Row) -> None:
    _save(
        site, "Sales Invoice", row["invoice_id"], row, docstatus=1, is_return=0, customer=row["customer_id"],
        posting_date=row["invoiced_on"], due_date=row["due_on"], custom_channel=row["channel"],
        custom_discount_due=row["discount_due_on"], custom_discount=row["cash_discount_ratio"],
        custom_freight=row["freight_doc"], **_amounts(row, 1),
    )  # fmt: skip


def _credit_note(site: FakeErpnext, row: Row) -> None:
    _save(
        site, "Sales Invoice", row["credit_note_id"], row, docstatus=1, is_return=1, customer=row["customer_id"],
        posting_date=row["credited_on"], return_against=row["invoice_id"], custom_reason=row["reason"],
        **_amounts(row, -1),
    )  # fmt: skip


def _invoice_line(site: FakeErpnext, row: Row) -> None:
    order = row["order_line_id"] and row["order_line_id"].rpartition("-")[0]
    _line(site, "Sales Invoice Item", row["invoice_line_id"], row["invoice_id"], {
        "item_code": row["item_id"], "qty": row["quantity"], "price_list_rate": row["list_price_doc"] or Decimal(0),
        "rate": row["unit_price_doc"], "net_amount": row["net_doc"], "base_net_amount": row["net_local"],
        "income_account": _title(row["account_code"]), "cost_center": row["cost_centre_code"],
        "project": row["project_id"], "sales_order": order, "so_detail": row["order_line_id"],
        "custom_price": row["unit_price_doc"], "custom_discount": row["discount_ratio"], "custom_tax": row["tax_doc"],
        "custom_cost": row["cost_local"], "custom_department": row["department_code"], "custom_kind": row["line_type"],
    })  # fmt: skip


def _credit_note_line(site: FakeErpnext, row: Row) -> None:
    _line(site, "Sales Invoice Item", row["credit_note_line_id"], row["credit_note_id"], {
        "item_code": row["item_id"], "qty": -row["quantity"], "net_amount": -row["net_doc"],
        "base_net_amount": None if row["net_local"] is None else -row["net_local"],
        "income_account": _title(row["account_code"]), "cost_center": row["cost_centre_code"],
        "project": row["project_id"], "sales_invoice_item": row["invoice_line_id"],
        "custom_tax": None if row["tax_doc"] is None else -row["tax_doc"],
        "custom_cost": None if row["cost_local"] is None else -row["cost_local"],
        "custom_department": row["department_code"], "custom_kind": row["line_type"],
    })  # fmt: skip


def _bill(site: FakeErpnext, row: Row) -> None:
    _save(
        site, "Purchase Invoice", row["bill_id"], row, docstatus=1, is_return=0, supplier=row["vendor_id"],
        posting_date=row["billed_on"], due_date=row["due_on"], custom_order=row["purchase_order_id"],
        custom_discount_due=row["discount_due_on"], custom_discount=row["cash_discount_ratio"], **_amounts(row, 1),
    )  # fmt: skip


def _bill_line(site: FakeErpnext, row: Row) -> None:
    _line(site, "Purchase Invoice Item", row["bill_line_id"], row["bill_id"], {
        "item_code": row["item_id"], "qty": row["quantity"] or Decimal(0), "net_amount": row["net_doc"],
        "base_net_amount": row["net_local"], "expense_account": _title(row["account_code"]),
        "cost_center": row["cost_centre_code"], "project": row["project_id"], "custom_tax": row["tax_doc"],
        "custom_department": row["department_code"],
    })  # fmt: skip


def _payment(site: FakeErpnext, row: Row) -> None:
    _save(
        site, "Payment Entry", row["payment_id"], row, docstatus=1, payment_type="Receive", party_type="Customer",
        party=row["customer_id"], company=row["entity_id"], posting_date=row["paid_on"], paid_amount=row["amount_doc"],
        base_paid_amount=row["amount_local"], paid_from_account_currency=row["currency"],
        source_exchange_rate=row["exchange_rate"], bank_account=row["bank_account_id"],
    )  # fmt: skip


def _bill_payment(site: FakeErpnext, row: Row) -> None:
    _save(
        site, "Payment Entry", row["bill_payment_id"], row, docstatus=1, payment_type="Pay", party_type="Supplier",
        party=row["vendor_id"], company=row["entity_id"], posting_date=row["paid_on"],
        received_amount=row["amount_doc"], base_received_amount=row["amount_local"],
        paid_to_account_currency=row["currency"], target_exchange_rate=row["exchange_rate"],
        bank_account=row["bank_account_id"],
    )  # fmt: skip


def _application(doctype: str, key: str, payment: str, document: str) -> Callable[[FakeErpnext, Row], None]:
    def put(site: FakeErpnext, row: Row) -> None:
        if row[payment] is not None:
            _line(site, "Payment Entry Reference", row[key], row[payment], {
                "reference_doctype": doctype, "reference_name": row[document],
                "allocated_amount": row["amount_doc"] + (row["discount_doc"] or 0),
                "reconcile_effect_on": row["applied_on"],
                "exchange_gain_loss": row["exchange_difference_local"],
                "custom_discount": row["discount_doc"],
            })  # fmt: skip

    return put


def _gl_entry(site: FakeErpnext, row: Row) -> None:
    voucher = VOUCHERS.get(row["document_type"], "Journal Entry")
    amount = row["amount_doc"]
    _save(
        site, "GL Entry", row["journal_line_id"], row, company=row["entity_id"], posting_date=row["posted_on"],
        account=_title(row["account_code"]), debit=row["debit_local"], credit=row["credit_local"],
        transaction_currency=row["currency"], debit_in_transaction_currency=max(amount, Decimal(0)),
        credit_in_transaction_currency=max(-amount, Decimal(0)), cost_center=row["cost_centre_code"],
        project=row["project_id"], voucher_type=voucher, voucher_subtype=SUBTYPES.get(row["document_type"]),
        voucher_no=row["document_id"], remarks=row["description"], is_cancelled=0,
        custom_department=row["department_code"], custom_customer=row["customer_id"], custom_vendor=row["vendor_id"],
        custom_item=row["item_id"], custom_intercompany=row["intercompany_entity_id"],
    )  # fmt: skip


_FILLERS: dict[str, Callable[[FakeErpnext, Row], None]] = {
    "gl_account": _account,
    "customer": _customer,
    "vendor": _supplier,
    "item": _item,
    "invoice": _invoice,
    "invoice_line": _invoice_line,
    "credit_note": _credit_note,
    "credit_note_line": _credit_note_line,
    "payment": _payment,
    "payment_application": _application("Sales Invoice", "payment_application_id", "payment_id", "invoice_id"),
    "bill": _bill,
    "bill_line": _bill_line,
    "bill_payment": _bill_payment,
    "bill_payment_application": _application(
        "Purchase Invoice", "bill_payment_application_id", "bill_payment_id", "bill_id"
    ),
    "journal_line": _gl_entry,
}
ENTITIES = tuple(_FILLERS)
