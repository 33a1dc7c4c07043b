"""Items that a close must clear one by one: bank lines and bookings without a match, clearing and suspense accounts.

Belongs here: their rows, under the reader's entities. Does not: cards (views/close.py), the checklist.
"""

from __future__ import annotations

import pyarrow as pa

from dashboards.queries.codes import in_words, number_of
from dashboards.reading import Reading

_MOST = 1000


def unmatched_bank_items(reading: Reading) -> pa.Table:
    """One row per bank line without a booking and booking without a bank line, the oldest first."""
    table = reading.rows(
        "select side, entity_id, account_code, booked_on, open_days, amount_doc, currency, amount_local, reason,"
        " category, category_account_code, counterparty, reference, item_id from finance.fct_bank_reconciliation"
        " where not is_matched and ($entities is null or list_contains($entities, entity_id))"
        f" order by open_days desc, abs(amount_local) desc, item_id limit {_MOST}",
        entities=reading.entities,
    )
    return in_words(table, "side", "category")


def clearing_items(reading: Reading) -> pa.Table:
    """One row per journal that still stands on a clearing or suspense account, the oldest first."""
    table = reading.rows(
        "select entity_id, account_code, account_type, posted_on, open_days, amount_local, currency, document_type,"
        f" document_id, description, {number_of('journal_id')} as journal_id from finance.fct_clearing_items"
        " where is_open and ($entities is null or list_contains($entities, entity_id))"
        f" order by open_days desc, abs(amount_local) desc, fct_clearing_items.journal_id limit {_MOST}",
        entities=reading.entities,
    )
    return in_words(table, "account_type", "document_type")
