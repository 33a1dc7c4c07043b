"""HubSpot: objects of the CRM by list, search and batch read; owners, pipelines and campaigns whole.

Belongs here: which records are asked for, in which order, and proving that none was left out. One request at a time is
in `hubspot_requests`; which objects and properties are read stands in models/staging/hubspot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import orjson

from pipelines.sources import hubspot_records as shapes
from pipelines.sources.api import CheckedObject, Page, Window
from pipelines.sources.errors import SourceReadError
from pipelines.sources.http import ApiSession, Patience, said_at
from pipelines.sources.hubspot_requests import (
    Requests,
    between,
    complaint,
    is_whole,
    keep_to_share,
    page_size,
    where,
)
from pipelines.sources.mapping import MappedColumn
from pipelines.sources.sign_in import SignIn
from pipelines.sources.systems import SystemObject, system_objects

#: Search does not show what was just written; how long that lasts is not said.
OVERLAP = timedelta(minutes=30)
#: What is older than this has been indexed, and must be found as often as search counts it.
_SETTLED = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class _Place:
    """How far reading has come: `after` which record or page, and how many were seen that are to be found again.

    `ceiling`: records up to this id were there when reading began. `rows`: records given so far.
    """

    phase: str
    after: str = ""
    ceiling: int = 0
    seen: int = 0
    rows: int = 0

    @classmethod
    def read(cls, token: str) -> _Place:
        return cls(**orjson.loads(token))

    @property
    def token(self) -> str:
        return orjson.dumps(self).decode()


@dataclass(slots=True)
class HubspotReader:
    """A conversation with one account."""

    asking: Requests
    overlap: timedelta = OVERLAP
    _account: Mapping[str, Any] | None = None
    _now: datetime | None = None
    _fresh: dict[str, set[str]] = field(default_factory=dict)

    def moment(self) -> datetime:
        """The account's clock, to the second."""
        self._now = said_at(self.asking.account())
        return self._now

    def available(self, wanted: SystemObject) -> SystemObject | None:
        """The object with the properties that the account has; its currency and time zone as constants."""
        kept = wanted
        properties = self.asking.properties(wanted)
        if properties is None:
            return None
        if properties:
            gone = self._gone(wanted, properties)
            if missed := _missed(wanted, gone):
                columns = ", ".join(f"{name} ({_column_of(wanted, name)})" for name in missed)
                raise SourceReadError(
                    f"{wanted.name} has no property {columns}: map the column to another property or a constant"
                )
            kept = replace(wanted, columns=tuple(one for one in wanted.columns if not set(one.headers) & set(gone)))
        return self._with_account(kept)

    def pages(self, wanted: SystemObject, window: Window, token: str | None) -> Iterator[Page]:
        """All records that are not archived; or what changed in the window, then what was archived since its start."""
        if is_whole(wanted):
            rows = self.asking.whole(wanted)
            lower = window.lower
            kept = [row for row in rows if lower is None or shapes.moment_of(row["changedAt"]) >= lower]
            yield Page(kept, None, len(kept))
        elif window.lower is None:
            yield from self._listed(wanted, token, by_key=False)
        else:
            yield from self._changed(wanted, window.lower, window.upper, token)

    def keys(self, wanted: SystemObject, token: str | None) -> Iterator[Page]:
        """Ids of all records that are not archived."""
        if is_whole(wanted):
            found = [{"id": row["id"]} for row in self.asking.whole(wanted)]
            yield Page(found, None, len(found))
        else:
            yield from self._listed(wanted, token, by_key=True)

    def count(self, wanted: SystemObject) -> int:
        """The account's own count of what is not archived."""
        return len(self.asking.whole(wanted)) if is_whole(wanted) else self.asking.matching(wanted.name, [])

    def check(self, wanted: SystemObject) -> CheckedObject:
        """What would be read of one object, and which own properties of it no column is filled from."""
        properties = self.asking.properties(wanted)
        if properties is None:
            return CheckedObject(wanted.name, wanted.entity.name)
        refusal = ""
        try:
            self.available(wanted)
        except SourceReadError as error:
            refusal = str(error)
        gone = self._gone(wanted, properties) if properties else []
        read = {shapes.property_behind(name) for name in wanted.fields}
        return CheckedObject(
            wanted.name,
            wanted.entity.name,
            records=self.count(wanted),
            refusal=refusal,
            mapped=tuple((_column_of(wanted, name), name) for name in wanted.fields if name not in gone),
            unmapped=tuple(sorted(name for name, is_own in properties.items() if is_own and name not in read)),
            missing=tuple((_column_of(wanted, name), name) for name in gone),
        )

    def _gone(self, wanted: SystemObject, properties: Mapping[str, bool]) -> list[str]:
        """Fields that the account does not have, or the token may not read."""
        behind = {name: shapes.property_behind(name) or "hs_object_id" for name in wanted.fields}
        gone = [name for name, needed in behind.items() if needed not in properties]
        return [*gone, shapes.SPLITS] if shapes.SPLITS in behind and not self.asking.reads_splits() else gone

    # -- all records -----------------------------------------------------------------------------------------------

    def _listed(self, wanted: SystemObject, token: str | None, *, by_key: bool) -> Iterator[Page]:
        """The list of what is not archived. At its end search must count no more records than were listed."""
        place = _Place("list", ceiling=self.asking.highest_id(wanted.name)) if token is None else _Place.read(token)
        tokens = {place.after: place.token}
        for found, following in self.asking.listed(wanted, place.after, archived=False):
            ids = [str(record["id"]) for record in found]
            if by_key:
                self._remember_fresh(wanted, found)
                rows = [{"id": one} for one in ids]
            else:
                rows = self.asking.read(wanted, ids)
            place = replace(
                place,
                after=following or "",
                seen=place.seen + sum(int(one) <= place.ceiling for one in ids),
                rows=place.rows + len(rows),
            )
            if following is None:
                bound = [where("hs_object_id", "LTE", str(place.ceiling))]
                lost = max(0, self.asking.matching(wanted.name, bound) - place.seen) if place.ceiling else 0
                yield Page(rows, None, place.rows + lost)
                return
            # A page that was there before is given its old token: whoever follows the tokens sees the circle.
            yield Page(rows, tokens.setdefault(following, place.token))

    def _remember_fresh(self, wanted: SystemObject, found: Sequence[Mapping[str, Any]]) -> None:
        """Keep in mind what the list has and search may not have yet: a delta that follows asks for it by id."""
        if self._now is not None:
            since = self._now - self.overlap
            fresh = {str(one["id"]) for one in found if shapes.moment_of(str(one["updatedAt"])) >= since}
            self._fresh.setdefault(wanted.name, set()).update(fresh)

    # -- changes ---------------------------------------------------------------------------------------------------

    def _changed(self, wanted: SystemObject, lower: datetime, upper: datetime, token: str | None) -> Iterator[Page]:
        place = _Place("search", after="0") if token is None else _Place.read(token)
        if place.phase == "search":
            fresh = self._fresh.pop(wanted.name, set())
            for rows, changed in self._searched(wanted, lower, upper, place):
                place = changed
                fresh.difference_update(str(row["id"]) for row in rows)
                if place.phase == "search":
                    yield Page(rows, place.token)
            lost = self.asking.matching(wanted.name, between(wanted, lower, upper - _SETTLED)) - place.seen
            if lost > 0:
                yield Page(rows, None, place.rows + lost)
                return
            rows += self.asking.read(wanted, sorted(fresh))
            yield Page(rows, place.token)
        tokens = {place.after: place.token}
        for found, following in self.asking.listed(wanted, place.after, archived=True):
            ids = [str(one["id"]) for one in found if shapes.moment_of(shapes.changed_at(one)) >= lower]
            rows = self.asking.read(wanted, ids, archived=True)
            place = replace(place, after=following or "")
            yield Page(rows, None if following is None else tokens.setdefault(following, place.token))

    def _searched(
        self, wanted: SystemObject, lower: datetime, upper: datetime, place: _Place
    ) -> Iterator[tuple[list[dict[str, Any]], _Place]]:
        """Pages by id inside the window: by moment they would end at the 10,000th record, or run in a circle."""
        size = page_size(wanted)
        while place.phase == "search":
            after = int(place.after)
            filters = [*between(wanted, lower, upper), where("hs_object_id", "GT", place.after)]
            found = self.asking.search(wanted, filters)
            ids = [int(record["id"]) for record in found]
            if ids != sorted(set(ids)) or (ids and ids[0] <= after):
                raise SourceReadError(f"{wanted.name}: search gives records again that were read; nothing is taken")
            rows = self.asking.read(wanted, [str(one) for one in ids])
            settled = sum(shapes.moment_of(str(one["updatedAt"])) < upper - _SETTLED for one in found)
            place = replace(place, seen=place.seen + settled, rows=place.rows + len(rows))
            place = (
                replace(place, after=str(ids[-1])) if len(ids) == size else replace(place, phase="archived", after="")
            )
            yield rows, place

    def _with_account(self, wanted: SystemObject) -> SystemObject:
        """The account's currency and time zone in every row: a change of them reads everything again."""
        if self._account is None:
            self._account = self.asking.account().json()
        said = {"account_currency": self._account.get("companyCurrency"), "time_zone": self._account.get("timeZone")}
        mapped = {column.target.name: column for column in wanted.columns}
        for name, value in said.items():
            if name in wanted.entity.column_names and name not in mapped:
                if not value:
                    raise SourceReadError(f"{self.asking.at.account}: the account does not say its {name}")
                mapped[name] = MappedColumn(wanted.entity.column(name), constant=str(value))
        return replace(wanted, columns=tuple(mapped[name] for name in wanted.entity.column_names if name in mapped))


@contextmanager
def open_hubspot(
    sign_in: SignIn, *, address: str, version: str, patience: Patience | None = None
) -> Iterator[HubspotReader]:
    """Sign in to an account. Raises ConnectionFailedError."""
    session = ApiSession(
        sign_in,
        address=lambda _: address,
        complaint=complaint,
        patience=patience or Patience(),
        on_answer=keep_to_share,
    )
    with session:
        yield HubspotReader(Requests(session, shapes.Addresses(version)))


def _column_of(wanted: SystemObject, name: str) -> str:
    return next(column.target.name for column in wanted.columns if name in column.headers)


def _missed(wanted: SystemObject, gone: Sequence[str]) -> list[str]:
    """Those of the fields that are gone that must be there: what a row needs, and what a company's mapping names.

    HubSpot's own properties come with products and years: an account without one of them has nothing in it.
    """
    (standard,) = (one.fields for one in system_objects("hubspot") if one.name == wanted.name)
    needed = {header for column in wanted.columns if not column.target.nullable for header in column.headers}
    return [name for name in gone if name in needed or name not in standard]
