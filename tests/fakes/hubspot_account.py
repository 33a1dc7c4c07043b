"""A HubSpot account in memory and what people do in it: records with their history, archive, merge, a clock of its own.

Belongs here: the account's state. What it answers is in `hubspot`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from fakes.serving import Fake


@dataclass
class Kept:
    """One record. `history`: versions of a property, newest first. `linked`: by object, ids and whether primary."""

    id: str
    properties: dict[str, str | None]
    created: datetime
    updated: datetime
    written: datetime
    archived: datetime | None = None
    history: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    linked: dict[str, list[tuple[str, bool]]] = field(default_factory=dict)


@dataclass
class HubspotAccount(Fake):
    """One account. `properties`: by object, name and whether it is the account's own."""

    now: datetime = datetime(2026, 7, 1, 6, 0, tzinfo=UTC)
    token: str = "the-service-key"  # noqa: S105 - of nobody
    consent: str | None = None
    client: tuple[str, str] = ("client", "the-client-secret")
    index_lag: timedelta = timedelta(0)
    daily: tuple[int, int] = (250_000, 200_000)
    time_zone: str = "Europe/Helsinki"
    currency: str = "EUR"
    objects: dict[str, dict[str, Kept]] = field(default_factory=dict)
    properties: dict[str, dict[str, bool]] = field(default_factory=dict)
    owners: list[dict[str, Any]] = field(default_factory=list)
    campaigns: list[dict[str, Any]] = field(default_factory=list)
    pipelines: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    splits: dict[str, list[tuple[str, str]]] | None = None
    """By deal, owners and their parts. None: the account has no such product."""
    unscoped: set[str] = field(default_factory=set)
    tokens: set[str] = field(default_factory=set)
    signed_in: int = 0
    merged: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()
        self.tokens.add(self.token)

    # -- what people do in the account -----------------------------------------------------------------------------

    def create(
        self,
        name: str,
        record_id: int | str,
        /,
        *,
        at: datetime | None = None,
        created: datetime | None = None,
        **properties: Any,
    ) -> Kept:
        """A new record, or one anew under an old id; stamped now unless `at` says otherwise."""
        stamp = at or self.now
        record = Kept(str(record_id), {}, created or stamp, stamp, self.now)
        self.objects.setdefault(name, {})[str(record_id)] = record
        self._write(record, stamp, properties)
        return record

    def change(self, name: str, record_id: int | str, /, *, at: datetime | None = None, **properties: Any) -> None:
        """A change of a record: it is stamped now unless `at` says otherwise."""
        record = self.objects[name][str(record_id)]
        record.updated, record.written = at or self.now, self.now
        self._write(record, record.updated, properties)

    def link(self, name: str, record_id: int | str, other: str, other_id: int | str, *, primary: bool = False) -> None:
        """Associate two records. Moves no stamp."""
        self.objects[name][str(record_id)].linked.setdefault(other, []).append((str(other_id), primary))

    def archive(self, name: str, record_id: int | str) -> None:
        """Into the archive, for 90 days. Moves no `updatedAt`."""
        self.objects[name][str(record_id)].archived = self.now

    def restore(self, name: str, record_id: int | str) -> None:
        """Out of the archive. Moves no stamp."""
        self.objects[name][str(record_id)].archived = None

    def erase(self, name: str, record_id: int | str) -> None:
        """Gone for good, without a trace."""
        del self.objects[name][str(record_id)]

    def merge(self, name: str, winner: int, loser: int, new_id: int) -> None:
        """Two records become one under a new id; the old ids lead to it."""
        record, other = self.objects[name].pop(str(winner)), self.objects[name].pop(str(loser))
        before = [record.id, other.id]
        self.merged |= dict.fromkeys(before, str(new_id))
        made = self.create(name, new_id, **{**other.properties, **record.properties})
        made.properties["hs_merged_object_ids"] = ";".join(before)
        made.linked = {**other.linked, **record.linked}

    def add_stage(self, of: str, pipeline: str, stage_id: str, label: str, **metadata: str) -> None:
        """A stage of a pipeline, which is made with its first one."""
        listed = self.pipelines.setdefault(of, [])
        found = next((one for one in listed if one["label"] == pipeline), None)
        if found is None:
            found = {"id": pipeline.lower(), "label": pipeline, "stages": [], **self._made(len(listed))}
            listed.append(found)
        if all(stage["id"] != stage_id for stage in found["stages"]):
            made = {**self._made(len(found["stages"])), "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT"}
            found["stages"].append({"id": stage_id, "label": label, "metadata": metadata, **made})

    def _made(self, place: int) -> dict[str, Any]:
        return {
            "createdAt": written(self.now), "updatedAt": written(self.now), "archived": False, "displayOrder": place
        }  # fmt: skip

    def pass_time(self, **time: float) -> None:
        """The account's clock goes on; what was archived 90 days ago is gone."""
        self.now += timedelta(**time)
        for kept in self.objects.values():
            for record in [one for one in kept.values() if one.archived and self.now - one.archived > timedelta(90)]:
                del kept[record.id]

    def expire_tokens(self) -> None:
        """Every access token is over."""
        self.tokens.clear()

    def _write(self, record: Kept, stamp: datetime, properties: Mapping[str, Any]) -> None:
        for name, value in properties.items():
            text = as_text(value)
            if name not in record.properties or record.properties[name] != text:
                version = {
                    "value": text or "",
                    "timestamp": written(stamp),
                    "sourceType": "CRM_UI",
                    "updatedByUserId": 7,
                }
                record.history.setdefault(name, []).insert(0, version)
            record.properties[name] = text


def written(moment: datetime) -> str:
    """A moment as HubSpot writes it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def as_text(value: Any) -> str | None:
    """A property's value: always a text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return written(value)
    return None if value is None else str(value)
