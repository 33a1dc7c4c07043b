"""What each system has no place for or says otherwise than the sample company's files, by entity and column, and why.

The parity of marts gives files the same before it compares; a column that a system does say alike is told there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Otherwise:
    """Columns of an entity that a system has no place for or says otherwise, or `*`: its rows are other ones.

    `where`: the rows that this is said of.
    """

    columns: tuple[str, ...]
    why: str
    where: str = "true"


Says = Mapping[str, Otherwise]

HUBSPOT: Says = {
    "owner": Otherwise(("manager_id", "region"), "no field"),
    "deal_stage_history": Otherwise(("*",), "a change has no id, and one in which nothing is new is none"),
}
ODOO_CRM: Says = {
    "deal": Otherwise(("stage",), "lost is no stage"),
    "deal_stage_history": Otherwise(("*",), "the log has no first state, and nothing of what never changed"),
    "activity": Otherwise(("*",), "meetings and messages are numbered apart; not all have a duration and a direction"),
    "order": Otherwise(("*",), "a quotation that was accepted is an order"),
    "customer": Otherwise(("*",), "and its partner a customer"),
}
NETSUITE: Says = {
    "department": Otherwise(("*",), "no field for managers; an account knows departments as they are now"),
    "cost_centre": Otherwise(
        ("*",), "no field for managers; an account knows classes as they are now, not as they were"
    ),
    "fiscal_period": Otherwise(("locked_at", "locked_by"), "a period is the whole account's, closed by nobody named"),
    "invoice": Otherwise(("disputed_on", "dispute_ended_on"), "no field"),
    "journal_line": Otherwise(("document_id", "updated_at"), "a journal is its document, and has its last change"),
    "payment_application": Otherwise(
        ("applied_on", "exchange_difference_local"),
        "the day is that of the later document; the ledger has one exchange difference per payment",
    ),
    "bill_payment": Otherwise(("*",), "a vendor credit settles a bill by a payment of nothing"),
    "bill_payment_application": Otherwise(
        ("*",), "a vendor credit settles a bill itself, not by the payment of the rest"
    ),
}
ODOO: Says = {
    "invoice": Otherwise(("disputed_on", "dispute_ended_on"), "no field"),
    "journal_line": Otherwise(("*",), "an exchange difference is an entry of its own; lines are numbered anew"),
    "bill_payment": Otherwise(("*",), "a refund settles a bill by a payment of nothing"),
    "bill_payment_application": Otherwise(("*",), "a refund settles a bill itself, not by the payment of the rest"),
}
ERPNEXT: Says = {
    "item": Otherwise(("list_price_doc",), "0 is none"),
    "invoice": Otherwise(("disputed_on", "dispute_ended_on"), "no field"),
    "journal_line": Otherwise(
        ("journal_id", "document_type", "updated_at"), "a voucher is a journal; beyond vouchers it knows no kinds"
    ),
    "payment_application": Otherwise(
        ("*",), "a credit note settles the invoice that it is against and no other", where="payment_id is null"
    ),
}
QUICKBOOKS: Says = {
    "department": Otherwise(("*",), "no field for managers; a company file knows locations as they are now"),
    "cost_centre": Otherwise(("*",), "no field for managers; a company file knows classes as they are now"),
    "quote": Otherwise(("*",), "the deal is a field of the company's own; an estimate has no versions"),
    "invoice": Otherwise(("disputed_on", "dispute_ended_on"), "no field"),
    "invoice_line": Otherwise(
        (
            "order_line_id", "list_price_doc", "discount_ratio", "tax_doc", "cost_local", "project_id", "item_id",
            "department_code", "net_local",
        ),
        "no field; a document has one department, its freight no item; local amounts are worked out",
    ),
    "credit_note": Otherwise(("invoice_id",), "no field"),
    "credit_note_line": Otherwise(
        ("invoice_line_id", "tax_doc", "cost_local", "project_id"), "no field"
    ),
    "payment_application": Otherwise(("*",), "one amount per payment and invoice, no discount"),
    "bill_line": Otherwise(("tax_doc", "net_local"), "no field; local amounts are worked out"),
    "bill_payment_application": Otherwise(("*",), "no discount"),
}  # fmt: skip
