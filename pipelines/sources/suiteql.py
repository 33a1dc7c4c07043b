"""SuiteQL: the queries by which objects of NetSuite are read, and its stamps in the time zone of a user.

Belongs here: tables, joins, keys and stamps of each object, and text of queries. Does not: requests, pages and errors
(`netsuite`); which fields are read stands in models/staging/netsuite.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from pipelines.sources.systems import SystemObject

#: A date that is selected as it is comes in the format of the user's preferences; these forms never change.
DAY = "YYYY-MM-DD"
STAMP = "YYYY-MM-DD HH24:MI:SS"
_WRITTEN = "%Y-%m-%d %H:%M:%S"
#: The fields by which the client says when a record changed and, of a part of a document, when the document was saved.
CHANGED, SAVED = "changed_at", "saved_at"

#: Fields that only some accounts have, because a feature puts them there.
_BY_FEATURE = frozenset(
    {
        "subsidiary", "department", "class", "location", "currency", "exchangerate", "foreignamount", "terms",
        "term.daysuntilnetdue", "term.discountpercent", "term.daysuntilexpiry", "representingsubsidiary", "parent",
        "entityaddress.country", "externalid", "acctnumber", "creditlimit", "vatregnumber", "iselimination", "category",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ObjectQuery:
    """How one object is asked for.

    `keys`: what makes a row, the first one a whole number by which pages go on. `stamps`: what moves with a change; the
    latest of them counts. `saved`: what moves when the whole document is saved.
    """

    tables: str
    alias: str
    keys: tuple[str, ...]
    stamps: tuple[str, ...]
    saved: str | None = None
    condition: str | None = None


def object_query(name: str, accounting_book: int) -> ObjectQuery:
    """How the object of this name is asked for, amounts of one accounting book."""
    document = "INNER JOIN transaction document ON document.id"
    saved = "document.lastmodifieddate"
    if name == "transaction":
        joined = "transaction LEFT JOIN term ON term.id = transaction.terms"
        return ObjectQuery(joined, name, ("transaction.id",), ("transaction.lastmodifieddate",))
    if name == "transactionline":
        # An edit of a line may move nothing but the line's own stamp.
        return ObjectQuery(
            f"transactionline {document} = transactionline.transaction",
            name,
            ("transactionline.transaction", "transactionline.id"),
            (saved, "transactionline.linelastmodifieddate"),
            saved,
        )
    if name == "transactionaccountingline":
        return ObjectQuery(
            f"transactionaccountingline {document} = transactionaccountingline.transaction"
            " LEFT JOIN transactionline line ON line.transaction = transactionaccountingline.transaction"
            " AND line.id = transactionaccountingline.transactionline",
            name,
            ("transactionaccountingline.transaction", "transactionaccountingline.transactionline"),
            (saved, "line.linelastmodifieddate"),
            saved,
            # Every book has all lines, and lines that are not posted stand among them: amounts would double.
            f"transactionaccountingline.posting = 'T' AND transactionaccountingline.accountingbook = {accounting_book}",
        )
    if name == "nexttransactionlinelink":
        parts = ("nextdoc", "nextline", "previousdoc", "previousline", "linktype")
        return ObjectQuery(
            f"nexttransactionlinelink {document} = nexttransactionlinelink.nextdoc",
            name,
            tuple(f"nexttransactionlinelink.{part}" for part in parts),
            (saved,),
            saved,
            "nexttransactionlinelink.linktype IN ('Payment', 'OrdBill')",
        )
    joined = {
        "customer": "customer LEFT JOIN entityaddress ON entityaddress.nkey = customer.defaultbillingaddress"
        " LEFT JOIN term ON term.id = customer.terms",
        "vendor": "vendor LEFT JOIN entityaddress ON entityaddress.nkey = vendor.defaultbillingaddress"
        " LEFT JOIN term ON term.id = vendor.terms",
    }.get(name, name)
    return ObjectQuery(joined, name, (f"{name}.id",), (f"{name}.lastmodifieddate",))


def column_of(query: ObjectQuery, field: str) -> str:
    """The column of a field: of the object's own table, or `table.column` of one that is joined to it."""
    return field if "." in field else f"{query.alias}.{field}"


def select_list(query: ObjectQuery, wanted: SystemObject) -> dict[str, str]:
    """The expression of every field of an object by the name it is given in the answer."""
    kinds = {header: column.target.kind for column in wanted.columns for header in column.headers}
    selected = {}
    for field in wanted.fields:
        if field == CHANGED:
            selected[CHANGED] = f"TO_CHAR({latest(query.stamps)}, '{STAMP}')"
        elif field == SAVED:
            selected[SAVED] = f"TO_CHAR({query.saved}, '{STAMP}')"
        elif kinds[field] in ("date", "at"):
            form = DAY if kinds[field] == "date" else STAMP
            selected[answer_name(field)] = f"TO_CHAR({column_of(query, field)}, '{form}')"
        else:
            selected[answer_name(field)] = column_of(query, field)
    return selected


def missed_fields(wanted: SystemObject, gone: Sequence[str]) -> list[str]:
    """Those of the fields that are gone that an account has to have: what comes with a feature may be absent."""
    needed = {header for column in wanted.columns if not column.target.nullable for header in column.headers}
    return [field for field in gone if field in needed or field not in _BY_FEATURE]


def moments_of(wanted: SystemObject) -> frozenset[str]:
    """The fields that are stamps: naive in the answer, in UTC once they are landed."""
    return frozenset(header for column in wanted.columns if column.target.kind == "at" for header in column.headers)


def answer_name(field: str) -> str:
    """The name of a field in the answer: columns of joined tables carry their table's."""
    return field.replace(".", "_")


def latest(stamps: Sequence[str]) -> str:
    """The latest of stamps; the first is always there."""
    first, *others = stamps
    for other in others:
        first = f"CASE WHEN {other} > {first} THEN {other} ELSE {first} END"
    return first


def conditions(query: ObjectQuery, *, after: int | None, lower: str | None, upper: str | None) -> str:
    """The WHERE of a page: keys beyond `after`, the latest stamp at `lower` or later and before `upper`."""
    terms = [] if query.condition is None else [query.condition]
    if after is not None:
        terms.append(f"{query.keys[0]} > {after}")
    if lower is not None:
        later = " OR ".join(f"{stamp} >= {moment(lower)}" for stamp in query.stamps)
        terms.append(f"({later})")
    if upper is not None:
        first, *others = query.stamps
        terms.append(f"{first} < {moment(upper)}")
        terms += [f"({other} < {moment(upper)} OR {other} IS NULL)" for other in others]
    return f" WHERE {' AND '.join(terms)}" if terms else ""


def moment(text: str) -> str:
    """A literal of a stamp."""
    return f"TO_DATE('{text}', '{STAMP}')"


# -- stamps: naive, in the time zone of the user's preferences ---------------------------------------------------------


def lower_text(at: datetime, zone: ZoneInfo) -> str:
    """The stamp that no change from `at` on is below. Where clocks go back soon after it, that is an hour earlier."""
    there = at.astimezone(zone)
    soon = (at + timedelta(hours=2)).astimezone(zone)
    back = (there.utcoffset() or timedelta()) - (soon.utcoffset() or timedelta())
    return (there - max(back, timedelta())).strftime(_WRITTEN)


def upper_text(at: datetime, zone: ZoneInfo) -> str:
    """The stamp of `at`."""
    return at.astimezone(zone).strftime(_WRITTEN)


@lru_cache(maxsize=10_000)
def utc_of(text: str, zone: ZoneInfo, before: datetime) -> str:
    """A stamp in UTC. Raises ValueError where it is none.

    In the hour that clocks show twice it is the later moment that is not in the future: the same stamp seen again an
    hour later then is another version, and is taken.
    """
    there = datetime.strptime(text, _WRITTEN).replace(tzinfo=zone)
    first, second = (there.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    at = second if second < before else first
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def is_ahead(text: str, zone: ZoneInfo, now: datetime) -> bool:
    """Whether a stamp lies in the future whichever of two moments it may be."""
    return datetime.strptime(text, _WRITTEN).replace(tzinfo=zone) > now
