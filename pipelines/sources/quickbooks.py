"""QuickBooks Online: lists and documents of one company file, by query for much and by the feed of changes for little.

Belongs here: addresses, queries, paging and QuickBooks' own error words. Facts of the API stand beside what relies on
them; which objects and fields are read stands in models/staging/quickbooks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx2 as httpx

from pipelines.sources.api import CheckedObject, Page, StalePageError, Window
from pipelines.sources.errors import SourceReadError
from pipelines.sources.http import AnswerError, ApiSession, Patience, exact_json, said_at
from pipelines.sources.quickbooks_records import (
    CURSOR,
    DOCUMENT_TYPES,
    DOCUMENTS,
    OWN_FIELD,
    all_of,
    key_record,
    literal,
    page_of,
    plain_record,
    stamp_of,
    where,
)
from pipelines.sources.sign_in import SignIn
from pipelines.sources.systems import SystemObject

TOKEN_PATH = "/oauth2/v1/tokens/bearer"  # noqa: S105 - an address
#: The most that one query gives, and the most that the feed of changes gives, which has no pages.
PAGE, FEED_LIMIT = 1_000, 1_000
#: The feed reaches thirty days back; a day less keeps clear of whose midnight is meant.
FEED_REACH = timedelta(days=29)
OVERLAP = timedelta(minutes=60)
_MINOR_VERSION = 75


@dataclass(slots=True)
class _Place:
    """Where the reading of one type goes on: the last stamp seen, the ids that had it, how much was read before."""

    kind: str
    stamp: str | None = None
    seen: list[str] = field(default_factory=list)
    read: int = 0

    def token(self) -> str:
        return json.dumps([self.kind, self.stamp, self.seen, self.read])


@dataclass(slots=True)
class QuickbooksReader:
    """A conversation with one company file, which its realm id names."""

    session: ApiSession
    realm_id: str
    page: int = PAGE
    feed_limit: int = FEED_LIMIT
    overlap: timedelta = OVERLAP
    _offered: dict[str, bool] = field(default_factory=dict)

    @property
    def _root(self) -> str:
        return f"/v3/company/{self.realm_id}"

    def moment(self) -> datetime:
        """QuickBooks' clock, to the second, as its stamps are."""
        return said_at(self._query("SELECT COUNT(*) FROM Account")).replace(microsecond=0)

    def available(self, wanted: SystemObject) -> SystemObject | None:
        """The object as it is: records leave out empty fields, so that nothing tells of missing ones."""
        return wanted if self._kinds(wanted) else None

    def pages(self, wanted: SystemObject, window: Window, token: str | None) -> Iterator[Page]:
        """The window's records, type by type in the order of their stamps; deleted ones where the feed tells them."""
        if token is None and window.lower is not None:
            changed = self._changes(wanted, window.lower, window.upper)
            if changed is not None:
                yield Page(changed, None, len(changed))
                return
        kinds = self._kinds(wanted)
        place = _Place(kinds[0]) if token is None else _Place(*json.loads(token))
        for kind in kinds[kinds.index(place.kind) :]:
            place = place if place.kind == kind else _Place(kind, read=place.read)
            is_last_kind = kind == kinds[-1]
            for records, is_last in self._stamp_pages(place, window):
                plain = [plain_record(record, kind, wanted.fields) for record in records]
                if not is_last:
                    yield Page(plain, place.token())
                elif is_last_kind:
                    yield Page(plain, None, place.read)
                else:
                    yield Page(plain, _Place(kinds[kinds.index(kind) + 1], read=place.read).token())

    def keys(self, wanted: SystemObject, token: str | None) -> Iterator[Page]:
        """Every record's key, by offset: a page starts at the last key of the one before, or keys have shifted."""
        kinds = self._kinds(wanted)
        kind, read, last = (kinds[0], 0, None) if token is None else json.loads(token)
        for one in kinds[kinds.index(kind) :]:
            read, last = (read, last) if one == kind else (0, None)
            for ids, is_last in self._id_pages(one, read, last):
                read, last = read + len(ids), ids[-1] if ids else last
                following = [one, read, last]
                if is_last:
                    following = [kinds[kinds.index(one) + 1], 0, None] if one != kinds[-1] else []
                records = [key_record(number, one, wanted.key_fields) for number in ids]
                yield Page(records, json.dumps(following) if following else None)

    def _id_pages(self, kind: str, read: int, last: str | None) -> Iterator[tuple[list[str], bool]]:
        while True:
            # Page by page from the last id on, which the page has to begin with.
            query = f"SELECT Id FROM {kind}{where(all_of(kind))} ORDERBY Id{page_of(max(read, 1), self.page)}"
            rows = [str(row["Id"]) for row in self._rows(kind, query)]
            if last is not None and rows[:1] != [last]:
                raise StalePageError
            ids = rows if last is None else rows[1:]
            read, last = read + len(ids), ids[-1] if ids else last
            is_last = len(rows) < self.page
            if is_last and read != self._matching(kind, all_of(kind)):
                raise StalePageError
            yield ids, is_last
            if is_last:
                return

    def count(self, wanted: SystemObject) -> int:
        """QuickBooks' own count, inactive rows included."""
        return sum(self._matching(kind, all_of(kind)) for kind in self._kinds(wanted))

    def check(self, wanted: SystemObject) -> CheckedObject:
        """What would be read of one object, and which of the company's own fields no column is filled from."""
        kinds = self._kinds(wanted)
        if not kinds:
            return CheckedObject(wanted.name, wanted.entity.name)
        own: set[str] = set()
        for kind in kinds:
            newest = f"SELECT * FROM {kind}{where(all_of(kind))} ORDERBY {CURSOR} DESC{page_of(1, 50)}"
            for record in self._rows(kind, newest):
                own |= {f"{OWN_FIELD}{one['Name']}" for one in record.get("CustomField", ()) if "Name" in one}
        return CheckedObject(
            wanted.name,
            wanted.entity.name,
            records=self.count(wanted),
            mapped=tuple((_column_of(wanted, name), name) for name in wanted.fields),
            unmapped=tuple(sorted(own - set(wanted.fields))),
        )

    # -- asking ----------------------------------------------------------------------------------------------------

    def _query(self, query: str) -> httpx.Response:
        return self.session.get(f"{self._root}/query", {"query": query, "minorversion": _MINOR_VERSION})

    def _rows(self, kind: str, query: str) -> list[dict[str, Any]]:
        found = exact_json(self._query(query))["QueryResponse"]
        rows = list(found.get(kind, ()))
        # An empty answer has neither rows nor numbers.
        if len(rows) != int(found.get("maxResults", 0)):
            raise SourceReadError(f"{kind}: a page has {len(rows)} rows and says {found.get('maxResults')}")
        return rows

    def _matching(self, kind: str, conditions: Sequence[str]) -> int:
        answer = self._query(f"SELECT COUNT(*) FROM {kind}{where(conditions)}")
        return int(answer.json()["QueryResponse"].get("totalCount", 0))

    def _kinds(self, wanted: SystemObject) -> list[str]:
        """The types that this company file offers: smaller plans have no purchase orders, classes or locations."""
        kinds = DOCUMENT_TYPES if wanted.name == DOCUMENTS else (wanted.name,)
        for kind in kinds:
            if kind not in self._offered:
                try:
                    self._matching(kind, ())
                    self._offered[kind] = True
                except AnswerError as error:
                    if error.code not in _NOT_OFFERED:
                        raise
                    self._offered[kind] = False
        return [kind for kind in kinds if self._offered[kind]]

    def _changes(self, wanted: SystemObject, lower: datetime, upper: datetime) -> list[dict[str, Any]] | None:
        """What changed in a window, deletions among it; None where the feed does not reach so far or so much."""
        kinds = self._kinds(wanted)
        if upper - lower > FEED_REACH or not kinds:
            return None
        params: dict[str, str | int] = {
            "entities": ",".join(kinds),
            "changedSince": literal(lower - timedelta(seconds=1)),
            "minorversion": _MINOR_VERSION,
        }
        content = exact_json(self.session.get(f"{self._root}/cdc", params))
        found: dict[tuple[str, str], dict[str, Any]] = {}
        told = 0
        for answer in content["CDCResponse"]:
            for part in answer["QueryResponse"]:
                for kind in kinds:
                    told += len(part.get(kind, ()))
                    for record in part.get(kind, ()):
                        if lower <= stamp_of(record) < upper:
                            found[(kind, str(record["Id"]))] = plain_record(record, kind, wanted.fields)
        return None if told >= self.feed_limit else list(found.values())

    def _stamp_pages(self, place: _Place, window: Window) -> Iterator[tuple[list[dict[str, Any]], bool]]:
        """Pages of one type, each from the last stamp on: a record that changes meanwhile moves no other one.

        `place` moves along. What has the last page's stamp and was read is left out; so many of them that they fill a
        page are gone past by position.
        """
        upper = f"{CURSOR} < '{literal(window.upper)}'"
        lower = None if window.lower is None else f"{CURSOR} >= '{literal(window.lower)}'"
        while True:
            since = lower if place.stamp is None else f"{CURSOR} >= '{place.stamp}'"
            conditions = [*all_of(place.kind), *([since] if since else []), upper]
            start, new, is_last = 1, list[dict[str, Any]](), False
            while not new and not is_last:
                query = f"SELECT * FROM {place.kind}{where(conditions)} ORDERBY {CURSOR}{page_of(start, self.page)}"
                rows = self._rows(place.kind, query)
                self._in_order(place, rows)
                known = set(place.seen)
                new = [row for row in rows if str(row["Id"]) not in known]
                is_last = len(rows) < self.page
                start += len(rows)
            place.read += len(new)
            if new:
                stamp = literal(stamp_of(new[-1]))
                before = place.seen if stamp == place.stamp else []
                place.seen = [*before, *(str(row["Id"]) for row in new if literal(stamp_of(row)) == stamp)]
                place.stamp = stamp
            if is_last:
                since = lower if place.stamp is None else f"{CURSOR} >= '{place.stamp}'"
                left = self._matching(place.kind, [*all_of(place.kind), *([since] if since else []), upper])
                if left > len(place.seen):
                    raise SourceReadError(
                        f"{place.kind}: the pages ended and QuickBooks counts {left - len(place.seen):,} records more;"
                        " nothing of them is taken"
                    )
            yield new, is_last
            if is_last:
                return

    def _in_order(self, place: _Place, rows: Sequence[Mapping[str, Any]]) -> None:
        stamps = [literal(stamp_of(row)) for row in rows]
        if stamps != sorted(stamps) or (stamps and place.stamp is not None and stamps[0] < place.stamp):
            raise SourceReadError(f"{place.kind}: a page does not go on where the last one ended; it is not taken")


#: What a plan or a switched-off feature answers for a type that it does not have.
_NOT_OFFERED = frozenset({"5020", "4001", "6190", "610"})


@contextmanager
def open_quickbooks(
    sign_in: SignIn, *, address: str, realm_id: str, patience: Patience | None = None, **reader: Any
) -> Iterator[QuickbooksReader]:
    """Sign in to a company file. Raises ConnectionFailedError."""
    session = ApiSession(
        sign_in,
        address=lambda _: address,
        complaint=_complaint,
        patience=patience or Patience(),
        accept="application/json",
    )
    with session:
        yield QuickbooksReader(session, realm_id, **reader)


def _complaint(answer: httpx.Response) -> tuple[str, str] | None:
    # The company file says Fault and Error, the gateway before it fault and error; either may come with 200.
    if "json" not in answer.headers.get("content-type", ""):
        return None
    content = answer.json()
    fault = (content.get("Fault") or content.get("fault")) if isinstance(content, dict) else None
    if not isinstance(fault, dict):
        return None
    errors = fault.get("Error") or fault.get("error") or [{}]
    first = {str(name).lower(): value for name, value in errors[0].items()}
    said = [str(first[name]) for name in ("message", "detail") if first.get(name)]
    return str(first.get("code", "")), ": ".join(said)


def _column_of(wanted: SystemObject, name: str) -> str:
    return next(column.target.name for column in wanted.columns if name in column.headers)
