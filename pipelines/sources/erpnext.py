"""ERPNext: documents by their names, rows of child tables by their documents, over Frappe's REST interface.

Belongs here: what is asked, paging, Frappe's own error words, and stamps in the site's time zone. Which document types
and fields are read stands in models/staging/erpnext.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx2 as httpx
import orjson

from pipelines.sources.api import CheckedObject, Page, Window
from pipelines.sources.errors import SourceReadError
from pipelines.sources.http import AnswerError, ApiSession, Patience, exact_json, said_at
from pipelines.sources.sign_in import SignIn
from pipelines.sources.systems import SystemObject

#: Stamps are the site's wall clock: in autumn an hour is stamped twice. Looking back further than that loses none.
OVERLAP = timedelta(hours=2)
#: A transaction shows at its end under a stamp from within; what is older than this has been committed.
_SETTLED = timedelta(minutes=5)
_PAGE, _PARENTS = 500, 100
#: Rows of child tables have no list of their own: they are asked for with their documents.
_PARENT_OF = {
    "Sales Invoice Item": "Sales Invoice",
    "Purchase Invoice Item": "Purchase Invoice",
    "Payment Entry Reference": "Payment Entry",
}
#: Fields that this reader makes itself: `modified` in UTC, and the day of `creation`.
_MADE = {"changedAt": "modified", "createdOn": "creation"}
_NO_SUCH_FIELD = 417
Filter = list[str]


@dataclass(frozen=True, slots=True)
class _Place:
    """How far reading has come: `after` which name, how many documents that must be found again, how many rows."""

    after: str = ""
    seen: int = 0
    rows: int = 0

    @property
    def token(self) -> str:
        return orjson.dumps(self).decode()


@dataclass(slots=True)
class ErpnextReader:
    """A conversation with one site."""

    session: ApiSession
    zone: ZoneInfo
    overlap: timedelta = OVERLAP

    def moment(self) -> datetime:
        """The site's clock, to the second."""
        return said_at(self.session.get("/api/method/frappe.auth.get_logged_user"))

    def available(self, wanted: SystemObject) -> SystemObject | None:
        """The document type with the fields that the site has and the user may read."""
        gone = self._gone(wanted)
        if gone is None:
            return None
        needed = {header for column in wanted.columns if not column.target.nullable for header in column.headers}
        if missed := [name for name in gone if name in needed or name.startswith("custom_")]:
            columns = ", ".join(f"{name} ({_column_of(wanted, name)})" for name in missed)
            raise SourceReadError(
                f"{wanted.name} has no field {columns}: map the column to another field or a constant"
            )
        return replace(wanted, columns=tuple(one for one in wanted.columns if not set(one.headers) & set(gone)))

    def pages(self, wanted: SystemObject, window: Window, token: str | None) -> Iterator[Page]:
        """The window's documents, drafts and cancelled ones among them, or the rows of their child table."""
        bounds = [["modified", "<", self._stamp(window.upper)]]
        if window.lower is not None:
            bounds.append(["modified", ">=", self._stamp(window.lower)])
        settled = self._stamp(window.upper - _SETTLED)
        return self._walk(wanted, wanted.fields, bounds, ("modified", settled), token)

    def keys(self, wanted: SystemObject, token: str | None) -> Iterator[Page]:
        """Names of all documents, or of all rows of a child table."""
        settled = self._stamp(self.moment() - _SETTLED)
        return self._walk(wanted, wanted.key_fields, [], ("creation", settled), token)

    def count(self, wanted: SystemObject) -> int | None:
        """The site's own count; of rows of a child table it has none."""
        return None if wanted.name in _PARENT_OF else self._matching(wanted.name, [])

    def check(self, wanted: SystemObject) -> CheckedObject:
        """What would be read of one document type, and which custom fields of it no column is filled from."""
        gone = self._gone(wanted)
        if gone is None:
            return CheckedObject(wanted.name, wanted.entity.name)
        refusal = ""
        try:
            self.available(wanted)
        except SourceReadError as error:
            refusal = str(error)
        own = self._own_fields(wanted.name)
        return CheckedObject(
            wanted.name,
            wanted.entity.name,
            records=self._matching(_PARENT_OF.get(wanted.name, wanted.name), []),
            refusal=refusal,
            mapped=tuple((_column_of(wanted, name), name) for name in wanted.fields if name not in gone),
            unmapped=tuple(sorted(name for name in own if name not in wanted.fields)),
            missing=tuple((_column_of(wanted, name), name) for name in gone),
        )

    # -- walking ---------------------------------------------------------------------------------------------------

    def _walk(
        self,
        wanted: SystemObject,
        fields: Sequence[str],
        bounds: Sequence[Filter],
        settled: tuple[str, str],
        token: str | None,
    ) -> Iterator[Page]:
        """Documents in the order of their names: pages by number shift when somebody changes a document meanwhile.

        `settled`: a stamp and its bound; so many documents below it as the site counts at the end must have come.
        """
        parent = _PARENT_OF.get(wanted.name)
        name, size = parent or wanted.name, _PARENTS if parent else _PAGE
        stamp, bound = settled
        asked = ["name", "modified", "creation"] if parent else _asked(fields)
        place = _Place() if token is None else _Place(**orjson.loads(token))
        tokens = {place.after: place.token}
        while True:
            after = [["name", ">", place.after]] if place.after else []
            found = self._list(name, [*asked, stamp], [*bounds, *after], size)
            rows = self._children(wanted, parent, fields, found) if parent else found
            rows = [self._row(row, fields) for row in rows]
            place = replace(
                place,
                after=str(found[-1]["name"]) if found else place.after,
                seen=place.seen + sum(str(document[stamp]) < bound for document in found),
                rows=place.rows + len(rows),
            )
            if len(found) < size:
                lost = max(0, self._matching(name, [*bounds, [stamp, "<", bound]]) - place.seen)
                yield Page(rows, None, place.rows + lost)
                return
            # A page that was there before is given its old token: whoever follows the tokens sees the circle.
            yield Page(rows, tokens.setdefault(place.after, place.token))

    def _children(
        self, wanted: SystemObject, parent: str, fields: Sequence[str], documents: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        """The rows of the documents' child table, each under its document's stamp: its own stands still."""
        if not documents:
            return []
        asked = {
            "doctype": wanted.name,
            "parent": parent,
            "fields": _asked([*fields, "parent"]),
            "filters": [["parent", "in", [document["name"] for document in documents]], ["parenttype", "=", parent]],
            "order_by": "parent asc, idx asc",
            "limit_page_length": 0,
        }
        answer = exact_json(self.session.post("/api/method/frappe.client.get_list", asked))["message"]
        stamps = {document["name"]: document["modified"] for document in documents}
        return [{**row, "modified": stamps[row["parent"]]} for row in answer]

    def _row(self, record: Mapping[str, Any], fields: Sequence[str]) -> dict[str, Any]:
        row = {name: record.get(_MADE.get(name, name)) for name in fields}
        if "changedAt" in row:
            row["changedAt"] = self._utc(str(row["changedAt"]))
        if "createdOn" in row:
            row["createdOn"] = str(row["createdOn"])[:10]
        return row

    # -- asking ----------------------------------------------------------------------------------------------------

    def _list(self, name: str, fields: Sequence[str], filters: Sequence[Filter], size: int) -> list[dict[str, Any]]:
        params: dict[str, str | int] = {
            "fields": json.dumps(list(dict.fromkeys(fields))),
            "filters": json.dumps(list(filters)),
            "order_by": "name asc",
            "limit_page_length": size,
        }
        found: list[dict[str, Any]] = exact_json(self.session.get(f"/api/resource/{quote(name)}", params))["data"]
        return found

    def _matching(self, name: str, filters: Sequence[Filter]) -> int:
        asked = {"doctype": name, "filters": json.dumps(list(filters))}
        return int(self.session.get("/api/method/frappe.client.get_count", asked).json()["message"])

    def _gone(self, wanted: SystemObject) -> list[str] | None:
        """The fields that cannot be read; None where there is no such type. Errors name no field: each is tried."""
        fields = [name for name in wanted.fields if name not in _MADE]
        try:
            if self._can_read(wanted, fields):
                return []
        except AnswerError as error:
            if error.status == httpx.codes.NOT_FOUND:
                return None
            raise
        return [name for name in fields if not self._can_read(wanted, [name])]

    def _can_read(self, wanted: SystemObject, fields: Sequence[str]) -> bool:
        try:
            if wanted.name in _PARENT_OF:
                asked = {"doctype": wanted.name, "parent": _PARENT_OF[wanted.name], "fields": list(fields)}
                self.session.post("/api/method/frappe.client.get_list", {**asked, "limit_page_length": 1})
            else:
                self._list(wanted.name, fields, [], 1)
        except AnswerError as error:
            if error.status == _NO_SUCH_FIELD:
                return False
            raise
        return True

    def _own_fields(self, name: str) -> list[str]:
        """Custom fields of a document type; none where the user may not list them."""
        try:
            found = self._list("Custom Field", ["fieldname"], [["dt", "=", name]], _PAGE)
        except AnswerError as error:
            if error.status == httpx.codes.FORBIDDEN:
                return []
            raise
        return [str(one["fieldname"]) for one in found]

    def _stamp(self, moment: datetime) -> str:
        """A moment as the site stamps it: its wall clock, without a zone."""
        return moment.astimezone(self.zone).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")

    def _utc(self, stamp: str) -> str:
        return datetime.fromisoformat(stamp).replace(tzinfo=self.zone).astimezone(UTC).isoformat()


@contextmanager
def open_erpnext(
    sign_in: SignIn, *, address: str, time_zone: str, patience: Patience | None = None
) -> Iterator[ErpnextReader]:
    """Open a site. Raises ConnectionFailedError."""
    session = ApiSession(sign_in, address=lambda _: address, complaint=_complaint, patience=patience or Patience())
    with session:
        yield ErpnextReader(session, ZoneInfo(time_zone))


def _complaint(answer: httpx.Response) -> tuple[str, str] | None:
    # `exc` holds the server's stack trace and is never told; `exception` ends in the message itself.
    if "json" not in answer.headers.get("content-type", ""):
        return None
    content = answer.json()
    if not isinstance(content, dict) or not content.get("exc_type"):
        return None
    message = str(content.get("exception", "")).splitlines()[-1:] or [""]
    return str(content["exc_type"]), message[0].rsplit(": ", 1)[-1]


def _asked(fields: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(["name", *(_MADE.get(name, name) for name in fields)]))


def _column_of(wanted: SystemObject, name: str) -> str:
    return next(column.target.name for column in wanted.columns if name in column.headers)
