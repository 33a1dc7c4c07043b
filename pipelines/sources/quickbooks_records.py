"""QuickBooks' records as flat rows, and its query language: pure functions of what is asked and answered.

Belongs here: which types are documents, what a record's fields and stamps mean, clauses of a query. Does not: asking
(`quickbooks`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pipelines.sources.errors import SourceReadError

#: The object that stands for every type of document.
DOCUMENTS = "Transaction"
DOCUMENT_TYPES = (
    "Invoice", "SalesReceipt", "CreditMemo", "RefundReceipt", "Payment", "Bill", "VendorCredit", "BillPayment",
    "Purchase", "Deposit", "Transfer", "JournalEntry", "PurchaseOrder", "Estimate",
)  # fmt: skip
CURSOR = "MetaData.LastUpdatedTime"
OWN_FIELD = "CustomField."


def plain_record(record: Mapping[str, Any], kind: str, fields: Sequence[str]) -> dict[str, Any]:
    """The wanted fields of a record, nested ones by their path."""
    own = {one.get("Name"): _own_value(one) for one in record.get("CustomField", ())}
    plain: dict[str, Any] = {"TxnType": kind, "deleted": record.get("status") == "Deleted"}
    for name in fields:
        if name.startswith(OWN_FIELD):
            plain[name] = own.get(name.removeprefix(OWN_FIELD))
        elif name not in plain:
            plain[name] = _inner(record, name)
    plain[CURSOR] = literal(stamp_of(record))
    return {name: plain[name] for name in fields}


def _own_value(own: Mapping[str, Any]) -> Any:
    return next((value for name, value in own.items() if name.endswith("Value")), None)


def _inner(record: Mapping[str, Any], path: str) -> Any:
    found: Any = record
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def key_record(number: str, kind: str, fields: Sequence[str]) -> dict[str, Any]:
    """A record of nothing but its key."""
    return {name: kind if name == "TxnType" else number for name in fields}


def stamp_of(record: Mapping[str, Any]) -> datetime:
    """When a record last changed. Raises SourceReadError where it does not say, or not in which zone."""
    said = _inner(record, CURSOR)
    try:
        moment = datetime.fromisoformat(str(said))
    except ValueError:
        raise SourceReadError(f"a record is stamped {said!r}, which is no moment") from None
    if moment.tzinfo is None:
        raise SourceReadError(f"a record is stamped {said!r}, without a time zone")
    return moment.astimezone(UTC)


def literal(moment: datetime) -> str:
    """A moment as queries and rows have it, in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def all_of(kind: str) -> list[str]:
    """Lists show their active rows alone unless they are asked for the others by name."""
    return [] if kind in DOCUMENT_TYPES else ["Active IN (true, false)"]


def where(conditions: Sequence[str]) -> str:
    """The conditions as a clause, none where there are none."""
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def page_of(start: int, size: int) -> str:
    """The clause for a page; positions start at 1."""
    return f" STARTPOSITION {start} MAXRESULTS {size}"
