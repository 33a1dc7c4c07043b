"""NetSuite: objects by SuiteQL over REST.

Belongs here: requests, pages, NetSuite's own error words. The text of queries is in `suiteql`; which objects and fields
are read stands in models/staging/netsuite.

One request at a time: an account lets few run at once, all its integrations together, and says of one too many that the
login was invalid.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx2 as httpx
import orjson

from pipelines.sources.api import CheckedObject, Page, Window
from pipelines.sources.errors import SourceReadError
from pipelines.sources.http import AnswerError, ApiSession, Patience, said_at
from pipelines.sources.sign_in import SignIn
from pipelines.sources.suiteql import (
    CHANGED,
    SAVED,
    STAMP,
    ObjectQuery,
    answer_name,
    conditions,
    is_ahead,
    latest,
    lower_text,
    missed_fields,
    moments_of,
    object_query,
    select_list,
    upper_text,
    utc_of,
)
from pipelines.sources.systems import SystemObject

SCOPE = "rest_webservices"
TOKEN_PATH = "/services/rest/auth/oauth2/v1/token"  # noqa: S105 - an address
_QUERY_PATH = "/services/rest/query/v1/suiteql"
#: The most that one request gives, and the most that one query gives in all its pages.
PAGE, CEILING = 1_000, 100_000
#: NetSuite stamps a change when its script starts; a long one commits minutes behind the cursor.
OVERLAP = timedelta(minutes=60)
_CLOCKS_APART = timedelta(minutes=10)
_UNKNOWN = re.compile(r"(?:Field|Unknown identifier) '([\w.]+)'")
_NO_TABLE = re.compile(r"(?:Record|Table) '(\w+)'.* (?:was not found|is not available)|Invalid or unsupported search")
_ATTEMPTS = 5


@dataclass(slots=True)
class NetsuiteReader:
    """A conversation with one account. `zone`: of the preferences of the user that signs in."""

    session: ApiSession
    zone: ZoneInfo
    accounting_book: int = 1
    page: int = PAGE
    ceiling: int = CEILING
    overlap: timedelta = OVERLAP

    def moment(self) -> datetime:
        """The account's clock. Raises SourceReadError where stamps lie in its future: the time zone is another."""
        query = f"SELECT TO_CHAR(MAX(lastmodifieddate), '{STAMP}') AS newest FROM transaction"
        answer = self._ask(query, limit=1)
        now = said_at(answer)
        items = answer.json()["items"]
        newest = items[0].get("newest") if items else None
        if newest is not None and is_ahead(newest, self.zone, now + _CLOCKS_APART):
            raise SourceReadError(
                f"a transaction is stamped {newest} and it is {upper_text(now, self.zone)} in {self.zone.key}: set"
                " time_zone to the one in the preferences of the integration's user"
            )
        return now

    def available(self, wanted: SystemObject) -> SystemObject | None:
        """The object with the fields that the account has and the user's role may see."""
        known, gone = self._fields(wanted)
        if not known:
            return None
        if missed := missed_fields(wanted, gone):
            fields = ", ".join(f"{field} ({_column_of(wanted, field)})" for field in missed)
            raise SourceReadError(
                f"{wanted.name} has no field {fields}, or the role may not see it: grant it to the role, or map the"
                " column to another field or a constant"
            )
        kept = tuple(column for column in wanted.columns if not set(column.headers) & set(gone))
        return replace(wanted, columns=kept)

    def pages(self, wanted: SystemObject, window: Window, token: str | None) -> Iterator[Page]:
        """The window's records in the order of their keys, documents whole.

        Pages go on by key, not by offset: a record that changes meanwhile leaves the window and moves no other one.
        """
        query = object_query(wanted.name, self.accounting_book)
        lower = None if window.lower is None else lower_text(window.lower, self.zone)
        bounds = {"lower": lower, "upper": upper_text(window.upper, self.zone)}
        moments = moments_of(wanted)
        for page in self._key_pages(query, select_list(query, wanted), bounds, token):
            records = [self._record(item, wanted.fields, moments, window.upper) for item in page.records]
            yield replace(page, records=records)

    def keys(self, wanted: SystemObject, token: str | None) -> Iterator[Page]:
        """The keys of all records."""
        query = object_query(wanted.name, self.accounting_book)
        selected = {field: column for field, column in select_list(query, wanted).items() if field in wanted.key_fields}
        for page in self._key_pages(query, selected, {"lower": None, "upper": None}, token):
            yield replace(page, records=[{name: item.get(name) for name in wanted.key_fields} for item in page.records])

    def count(self, wanted: SystemObject) -> int:
        """The account's own count."""
        query = object_query(wanted.name, self.accounting_book)
        where = conditions(query, after=None, lower=None, upper=None)
        items = self._ask(f"SELECT COUNT(*) AS found FROM {query.tables}{where}", limit=1).json()["items"]
        return int(items[0]["found"])

    def check(self, wanted: SystemObject) -> CheckedObject:
        """What would be read of one object, and which custom fields with a value no column is filled from."""
        known, gone = self._fields(wanted)
        if not known:
            return CheckedObject(wanted.name, wanted.entity.name)
        refusal = ""
        try:
            self.available(wanted)
        except SourceReadError as error:
            refusal = str(error)
        return CheckedObject(
            wanted.name,
            wanted.entity.name,
            records=self.count(wanted),
            refusal=refusal,
            mapped=tuple((_column_of(wanted, field), field) for field in wanted.fields if field in known),
            unmapped=tuple(sorted(field for field in self._custom_fields(wanted) if field not in wanted.fields)),
            missing=tuple((_column_of(wanted, field), field) for field in missed_fields(wanted, gone)),
        )

    # -- asking ----------------------------------------------------------------------------------------------------

    def _ask(self, query: str, *, limit: int, offset: int = 0) -> httpx.Response:
        return self.session.post(
            _QUERY_PATH, {"q": query}, params={"limit": limit, "offset": offset}, headers={"Prefer": "transient"}
        )

    def _fields(self, wanted: SystemObject) -> tuple[list[str], list[str]]:
        """Which of the object's fields there are, and which not. No field at all: there is no such object.

        Nothing describes what SuiteQL shows, so that it is asked for and the refusals are read.
        """
        query = object_query(wanted.name, self.accounting_book)
        selected, gone = select_list(query, wanted), list[str]()
        while len(gone) < len(selected):
            asked = ", ".join(f"{column} AS {name}" for name, column in selected.items() if name not in gone)
            try:
                self._ask(f"SELECT {asked} FROM {query.tables} WHERE 1 = 0", limit=1)
            except AnswerError as error:
                text = str(error)
                named = {answer_name(name) for name in _UNKNOWN.findall(text)}
                refused = [
                    name
                    for name, column in selected.items()
                    if name not in gone and ({name, column.rsplit(".", 1)[-1]} & named)
                ]
                if refused:
                    gone += refused
                    continue
                if _NO_TABLE.search(text):
                    return [], []
                raise
            break
        fields = {answer_name(field): field for field in wanted.fields}
        return [fields[name] for name in selected if name not in gone], [fields[name] for name in gone]

    def _custom_fields(self, wanted: SystemObject) -> set[str]:
        query = object_query(wanted.name, self.accounting_book)
        where = conditions(query, after=None, lower=None, upper=None)
        order = f"{latest(query.stamps)} DESC"
        items = self._ask(f"SELECT {query.alias}.* FROM {query.tables}{where} ORDER BY {order}", limit=50).json()[
            "items"
        ]
        return {name for item in items for name in item if name.startswith("cust")}

    def _key_pages(
        self, query: ObjectQuery, selected: Mapping[str, str], bounds: Mapping[str, str | None], token: str | None
    ) -> Iterator[Page]:
        after, read = (None, 0) if token is None else (int(part) for part in token.split(":"))
        columns = ", ".join(f"{column} AS {name}" for name, column in selected.items())
        order = ", ".join(query.keys)
        # Selected twice, because a company may map the key's column to something else.
        columns += f", {query.keys[0]} AS page_key"
        while True:
            where = conditions(query, after=after, lower=bounds["lower"], upper=bounds["upper"])
            items, left = self._chunk(
                f"SELECT {columns} FROM {query.tables}{where} ORDER BY {order}", len(query.keys) > 1
            )
            places = [int(item["page_key"]) for item in items]
            if places != sorted(places) or (places and after is not None and places[0] <= after):
                raise SourceReadError(f"{query.alias}: a page does not go on where the last one ended; it is not taken")
            total = read + len(items) + left
            read += len(items)
            after = places[-1] if places else after
            following = f"{after}:{read}" if left else None
            yield Page(items, following, total)
            if following is None:
                return

    def _chunk(self, query: str, has_parts: bool) -> tuple[list[dict[str, Any]], int]:
        """The first page of a query, and how many rows are left behind it. A document is not cut in two.

        One that is longer than a page is read with offsets, again where it changed meanwhile.
        """
        for _ in range(_ATTEMPTS):
            items, total = self._page(query, 0)
            if not has_parts or len(items) == total:
                return items, total - len(items)
            last = items[-1]["page_key"]
            if items[0]["page_key"] != last:
                whole = [item for item in items if item["page_key"] != last]
                return whole, total - len(whole)
            more, again = items, total
            while len(items) < total and more and more[-1]["page_key"] == last and again == total:
                if len(items) >= self.ceiling:
                    raise SourceReadError(
                        f"transaction {last} has more than {self.ceiling:,} lines, which NetSuite does not give"
                    )
                more, again = self._page(query, len(items))
                items += more
            if again == total:
                whole = [item for item in items if item["page_key"] == last]
                return whole, total - len(whole)
        raise SourceReadError("a document changes faster than it can be read")

    def _page(self, query: str, offset: int) -> tuple[list[dict[str, Any]], int]:
        # Every value is text: no number loses a digit on the way.
        content = orjson.loads(self._ask(query, limit=self.page, offset=offset).content)
        items, total = list(content["items"]), int(content["totalResults"])
        is_last = not content["hasMore"]
        # The total says at least as much as NetSuite gives of one query.
        if len(items) != int(content["count"]) or is_last != (offset + len(items) >= total):
            raise SourceReadError(
                f"a page has {len(items)} of {content['count']} announced rows, {total} in all, and is"
                f"{'' if is_last else ' not'} the last: it is not taken"
            )
        return items, total

    def _record(
        self, item: Mapping[str, Any], fields: Sequence[str], moments: frozenset[str], before: datetime
    ) -> dict[str, Any]:
        """A row with its fields by name; NetSuite leaves out those that are empty. Stamps get their time zone."""
        record = {}
        for field in fields:
            value = item.get(answer_name(field))
            if value is not None and field in moments:
                try:
                    value = utc_of(value, self.zone, before)
                except ValueError:
                    if field in (CHANGED, SAVED):
                        raise SourceReadError(f"a record is stamped {value!r}, which is no moment") from None
            record[field] = value
        return record


@contextmanager
def open_netsuite(
    sign_in: SignIn, *, address: str, time_zone: str, patience: Patience | None = None, **reader: Any
) -> Iterator[NetsuiteReader]:
    """Sign in to an account. `address`: of its SuiteTalk. Raises ConnectionFailedError."""
    session = ApiSession(sign_in, address=lambda _: address, complaint=_complaint, patience=patience or Patience())
    with session:
        yield NetsuiteReader(session, ZoneInfo(time_zone), **reader)


def _complaint(answer: httpx.Response) -> tuple[str, str] | None:
    # A problem document, whatever the status.
    if "json" not in answer.headers.get("content-type", ""):
        return None
    content = answer.json()
    if not isinstance(content, dict) or "o:errorDetails" not in content:
        return None
    details = [detail for detail in content["o:errorDetails"] if isinstance(detail, dict)]
    first = details[0] if details else {}
    return str(first.get("o:errorCode", "")), str(first.get("detail") or content.get("title", ""))


def _column_of(wanted: SystemObject, field: str) -> str:
    return next(column.target.name for column in wanted.columns if field in column.headers)
