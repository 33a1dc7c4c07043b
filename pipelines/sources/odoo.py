"""Odoo: records of models by search_read, page after page by id, archived ones among them.

Belongs here: which records are asked for, how Odoo's empty values and links become plain ones, and proving that none
was left out. One call is in `odoo_calls`; which models and fields are read stands in models/staging/odoo.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx2 as httpx
import orjson

from pipelines.sources.api import CheckedObject, Page, StalePageError, Window
from pipelines.sources.errors import ConnectionFailedError, SourceReadError
from pipelines.sources.http import AnswerError, ApiSession, Patience, said_at
from pipelines.sources.odoo_calls import Calls, Json2, JsonRpc, complaint, passes
from pipelines.sources.odoo_models import (
    CHANGED_AT,
    CRM,
    ONLY,
    SUMS,
    column_of,
    domain_of,
    gone_fields,
    is_beyond_rights,
    missed_fields,
)
from pipelines.sources.sign_in import FixedToken
from pipelines.sources.systems import SystemObject

#: Odoo stamps a change when its transaction starts; an import of many minutes commits behind the cursor.
OVERLAP = timedelta(minutes=30)
PAGE = 1000
_STAMPS = ("write_date", "create_date")
_NEVER = "1970-01-01 00:00:00"
#: Lost opportunities and former partners are archived, and hidden from whoever does not ask for them.
_CONTEXT = {"active_test": False}
#: An app that is not installed. A database that is not there says other things.
_NO_MODEL = re.compile(r"\b(model|Object) \S+ (does not|doesn't) exist")
_NO_DATABASE = "nothing answers at this address for the database: check both; up to Odoo 18 name the user, too"
#: A sum in binary floating point is this far from the true one at most.
_ROUNDING = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the next page starts. `counted`: the server's count before reading; `sum`: of what was read."""

    after: int
    rows: int
    counted: int
    sum: Decimal

    @property
    def token(self) -> str:
        return f"{self.after}:{self.rows}:{self.counted}:{self.sum}"

    @classmethod
    def read(cls, token: str) -> _Place:
        after, rows, counted, total = token.split(":")
        return cls(int(after), int(rows), int(counted), Decimal(total))


@dataclass(slots=True)
class OdooReader:
    """A conversation with one database, as one user: what the user may not see does not exist."""

    calls: Calls
    page: int = PAGE
    overlap: timedelta = OVERLAP
    _types: dict[str, dict[str, str]] = field(default_factory=dict)
    _read_again: set[str] = field(default_factory=set)

    def moment(self) -> datetime:
        """The server's clock, to the second, as its stamps are."""
        return said_at(self.calls.call("res.company", "search_count", domain=[]))

    def available(self, wanted: SystemObject) -> SystemObject | None:
        """The object with the fields that the database has: they differ by version, by app and by company."""
        types = self._fields(wanted)
        if types is None:
            return None
        gone = gone_fields(wanted, types)
        if missed := missed_fields(wanted, gone):
            columns = ", ".join(f"{name} ({column_of(wanted, name)})" for name in missed)
            raise SourceReadError(
                f"{wanted.name} has no field {columns}, or the user may not see it: grant it to the user, or map the"
                " column to another field or a constant"
            )
        kept = tuple(column for column in wanted.columns if not set(column.headers) & set(gone))
        return replace(wanted, columns=kept)

    def pages(self, wanted: SystemObject, window: Window, token: str | None) -> Iterator[Page]:
        """The window's records in the order of their ids: neither deleting nor saving moves what is still to come."""
        domain = domain_of(wanted.name, window)
        summed = SUMS.get(wanted.name)
        summed = summed if summed in wanted.fields else None
        place = _Place(0, 0, self._count(wanted.name, domain), Decimal(0)) if token is None else _Place.read(token)
        fields = [name for name in wanted.fields if name != CHANGED_AT]
        while True:
            answer, found = self._read(wanted.name, domain, place.after, [*fields, *_STAMPS])
            read = _sum(answer, summed) if summed else Decimal(0)
            place = _Place(_last_id(wanted, found, place), place.rows + len(found), place.counted, place.sum + read)
            rows = [self._plain(wanted.name, record) for record in found]
            if len(found) == self.page:
                yield Page(rows, place.token, place.counted)
                continue
            yield Page(rows, None, self._announced(wanted, domain, place, summed))
            return

    def keys(self, wanted: SystemObject, token: str | None) -> Iterator[Page]:
        """Ids of all records, archived ones included: what is missing from them was deleted."""
        place = _Place(0, 0, 0, Decimal(0)) if token is None else _Place.read(token)
        while True:
            _, found = self._read(wanted.name, ONLY.get(wanted.name, []), place.after, ["id"])
            place = _Place(_last_id(wanted, found, place), place.rows + len(found), 0, Decimal(0))
            following = place.token if len(found) == self.page else None
            yield Page([{"id": str(record["id"])} for record in found], following)
            if following is None:
                return

    def count(self, wanted: SystemObject) -> int:
        """The server's own count, archived records included."""
        return self._count(wanted.name, ONLY.get(wanted.name, []))

    def check(self, wanted: SystemObject) -> CheckedObject:
        """What would be read of one object, and which fields of the company's own no column is filled from."""
        types = self._fields(wanted)
        if types is None:
            return CheckedObject(wanted.name, wanted.entity.name)
        refusal = ""
        try:
            self.available(wanted)
        except SourceReadError as error:
            refusal = str(error)
        gone = gone_fields(wanted, types)
        return CheckedObject(
            wanted.name,
            wanted.entity.name,
            records=self.count(wanted),
            refusal=refusal,
            mapped=tuple((column_of(wanted, name), name) for name in wanted.fields if name not in gone),
            unmapped=tuple(sorted(name for name in types if name.startswith("x_") and name not in wanted.fields)),
            missing=tuple((column_of(wanted, name), name) for name in missed_fields(wanted, gone)),
        )

    # -- asking ----------------------------------------------------------------------------------------------------

    def _fields(self, wanted: SystemObject) -> Mapping[str, str] | None:
        try:
            answer = self.calls.call(wanted.name, "fields_get", attributes=["type"])
            if wanted.name in CRM:
                self.count(wanted)
        except AnswerError as error:
            if is_beyond_rights(wanted.name, error) or _NO_MODEL.search(str(error)):
                return None
            if error.status == httpx.codes.NOT_FOUND and not error.code:
                raise ConnectionFailedError(_NO_DATABASE) from None
            raise
        found = {name: str(about["type"]) for name, about in self.calls.result(answer).items()}
        self._types[wanted.name] = found
        return found

    def _count(self, model: str, domain: list[Any]) -> int:
        answer = self.calls.call(model, "search_count", domain=domain, context=_CONTEXT)
        return int(self.calls.result(answer))

    def _read(self, model: str, domain: list[Any], after: int, fields: list[str]) -> tuple[httpx.Response, list[Any]]:
        answer = self.calls.call(
            model,
            "search_read",
            domain=[*domain, ["id", ">", after]],
            fields=list(dict.fromkeys(fields)),
            limit=self.page,
            order="id",
            context=_CONTEXT,
        )
        return answer, self.calls.result(answer)

    def _announced(self, wanted: SystemObject, domain: list[Any], place: _Place, summed: str | None) -> int:
        """How many records there should be: as many as came, unless fewer came than were there all the time.

        What was deleted or saved meanwhile is a matter of the next reading. While nothing moved, sums agree too;
        where they do not, pages are read once more from the start, those of an earlier run among them.
        """
        counted = self._count(wanted.name, domain)
        at_least = min(place.counted, counted)
        if place.rows < at_least:
            return at_least
        if summed is not None and place.counted == counted == place.rows > 0:
            said = self._summed(wanted.name, domain, summed)
            moved = self._count(wanted.name, domain) != counted
            if abs(said - place.sum) > _ROUNDING and not moved:
                if wanted.name not in self._read_again:
                    self._read_again.add(wanted.name)
                    raise StalePageError
                raise SourceReadError(
                    f"{wanted.name}: {summed} adds up to {place.sum}, by Odoo's own sum to {said};"
                    " nothing of it is taken"
                )
        return place.rows

    def _summed(self, model: str, domain: list[Any], name: str) -> Decimal:
        if self.calls.sums_by == "read_group":
            how: dict[str, Any] = {"fields": [f"{name}:sum"], "groupby": [], "lazy": False}
            key = name
        else:
            how, key = {"groupby": [], "aggregates": [f"{name}:sum"]}, f"{name}:sum"
        answer = self.calls.call(model, self.calls.sums_by, domain=domain, context=_CONTEXT, **how)
        found = orjson.loads(answer.content)
        (group,) = found["result"] if isinstance(found, dict) else found
        return Decimal(str(group[key] or 0))

    def _plain(self, model: str, record: Mapping[str, Any]) -> dict[str, Any]:
        """A record with empty values as such: Odoo says false for all of them. A link is its id, several are a text."""
        types = self._types[model]
        plain: dict[str, Any] = {}
        for name, value in record.items():
            kind = types.get(name)
            if value is False and kind != "boolean":
                plain[name] = None
            elif isinstance(value, list):
                plain[name] = value[0] if kind == "many2one" else ";".join(str(one) for one in value)
            else:
                plain[name] = value
        stamp = plain.get("write_date") or plain.get("create_date") or _NEVER
        plain[CHANGED_AT] = f"{str(stamp).replace(' ', 'T')}Z"
        return plain


@contextmanager
def open_odoo(
    api_key: str,
    *,
    address: str,
    database: str,
    user: str | None = None,
    patience: Patience | None = None,
    page: int = PAGE,
) -> Iterator[OdooReader]:
    """Open a database: by JSON-2, or by JSON-RPC where a user is named. Raises ConnectionFailedError."""
    session = ApiSession(
        FixedToken(api_key),
        address=lambda _: address,
        complaint=complaint,
        passes=passes,
        patience=patience or Patience(),
    )
    with session:
        calls: Calls = Json2(session, database) if user is None else JsonRpc(session, database, user, api_key)
        yield OdooReader(calls, page=page)


def _last_id(wanted: SystemObject, found: Sequence[Mapping[str, Any]], place: _Place) -> int:
    ids = [int(record["id"]) for record in found]
    if ids != sorted(set(ids)) or (ids and ids[0] <= place.after):
        raise SourceReadError(f"{wanted.name}: a page gives records again that were read; nothing of them is taken")
    return ids[-1] if ids else place.after


def _sum(answer: httpx.Response, name: str) -> Decimal:
    found = orjson.loads(answer.content)
    records = found["result"] if isinstance(found, dict) else found
    return sum((Decimal(str(record.get(name) or 0)) for record in records), Decimal(0))
