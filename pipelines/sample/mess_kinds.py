"""The kinds of bad rows that `--mess` adds, and what must become of each.

Belongs here: this table. Does not: which records they befall (mess.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Effect = Literal["read", "superseded", "quarantined", "held", "absent"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of bad row. `reason` is the one it must be quarantined (or held) for."""

    name: str
    file: str
    what: str
    effect: Effect
    reason: str = ""


KINDS = (
    # Read correctly, although written oddly.
    Kind("money_with_sign_and_groups", "erp/vendor_bills.csv", "net written as $1,234.50", "read"),
    Kind(
        "money_in_brackets",
        "erp/vendor_bills.csv",
        "negative amounts of a debit note in brackets or with the minus behind",
        "read",
    ),
    Kind("padded_cells", "erp/invoices.csv", "spaces around a number and an amount", "read"),
    Kind("line_break_in_cell", "crm/Opportunity", "a name with quotes and a line break", "read"),
    Kind("formula_text", "crm/Lead", "a company called =HYPERLINK(...)", "read"),
    Kind("other_scripts", "crm/Account", "a name in Persian with an emoji", "read"),
    # Superseded: the record is there once.
    Kind("same_row_twice", "erp/bank_statements.csv", "a row repeated", "superseded"),
    Kind("same_application_twice", "erp/payment_applications.csv", "a row repeated", "superseded"),
    Kind(
        "older_version", "erp/invoices.csv", "an earlier state of an invoice, with an earlier change time", "superseded"
    ),
    # Quarantined rows.
    Kind(
        "unreadable_amount",
        "erp/invoice_lines.csv",
        "net is 12.34.56: the invoice's lines are withheld whole",
        "quarantined",
        "unreadable_number",
    ),
    Kind(
        "journal_with_unreadable_line",
        "erp/journal_lines.csv",
        "one debit is '1O0.00': the journal is withheld whole",
        "quarantined",
        "unreadable_number",
    ),
    Kind(
        "not_a_number",
        "erp/journal_lines.csv",
        "one credit is NaN: the journal is withheld whole",
        "quarantined",
        "unreadable_number",
    ),
    Kind("beyond_all_numbers", "erp/stock_moves.csv", "a value of 1e308", "quarantined", "unreadable_number"),
    Kind("february_31", "erp/vendor_bills.csv", "posted on 31 February", "quarantined", "unreadable_date"),
    Kind("zero_date", "erp/employees.csv", "left on 00.00.0000", "quarantined", "unreadable_date"),
    Kind("unreadable_moment", "crm/Case", "opened 'yesterday'", "quarantined", "unreadable_timestamp"),
    Kind("unreadable_flag", "crm/Opportunity", "won 'perhaps'", "quarantined", "unreadable_flag"),
    Kind("missing_date", "erp/invoices.csv", "an invoice without posting date", "quarantined", "missing_value"),
    Kind("missing_key", "erp/vendors.csv", "a vendor without number", "quarantined", "missing_value"),
    Kind("total_row", "erp/customer_payments.csv", "a last row with the total", "quarantined", "missing_value"),
    Kind(
        "unknown_status",
        "erp/sales_orders.csv",
        "a status that the mapping does not know",
        "quarantined",
        "unknown_value",
    ),
    Kind(
        "conflicting_versions",
        "erp/instalments.csv",
        "one key with two amounts and nothing to tell which is newer",
        "quarantined",
        "duplicate_key",
    ),
    Kind(
        "field_too_many",
        "erp/sales_order_lines.csv",
        "an unquoted comma makes one field too many",
        "quarantined",
        "wrong_field_count",
    ),
    Kind("huge_cell", "crm/Opportunity", "a name of 1.2 million characters", "quarantined", "value_too_long"),
    # Held: readable, but without a rate.
    Kind(
        "currency_without_rate",
        "erp/invoices.csv",
        "an invoice in a currency without rate, not yet posted to the ledger",
        "held",
        "missing_rate",
    ),
    Kind("deal_without_rate", "crm/Opportunity", "a won deal in a currency without rate", "held", "missing_rate"),
)
BY_NAME = {kind.name: kind for kind in KINDS}
