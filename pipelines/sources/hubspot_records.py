"""HubSpot's addresses and shapes: where things are in each version of the API, and records as flat rows.

Belongs here: pure functions of what HubSpot answers. Does not: asking (`hubspot`), or what a property means (the
staging models in models/staging/hubspot).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pipelines.sources.systems import SystemObject

#: Who shares a deal, and how: given beside the record, by an address of its own.
SPLITS = "splits"
#: Fields of a record beside its properties.
ENVELOPE = frozenset({"id", "createdAt", "changedAt", "archived", SPLITS})
_ASSOCIATIONS = "associations."
_HISTORY = "propertiesWithHistory."


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where things are. `version`: a date such as 2026-09, or v3 for the numbered API."""

    version: str

    def objects(self, name: str) -> str:
        return self._at("crm", "objects", name)

    def properties(self, name: str) -> str:
        return self._at("crm", "properties", name)

    def pipelines(self, name: str) -> str:
        return self._at("crm", "pipelines", name)

    @property
    def owners(self) -> str:
        return self._at("crm", "owners")

    @property
    def campaigns(self) -> str:
        return self._at("marketing", "campaigns")

    @property
    def deal_splits(self) -> str:
        """Splits are described for the numbered address and for 2026-03, the only date they have."""
        if self.version == "v3":
            return f"{self.objects('deals')}/splits/batch/read"
        return "/deal-splits/2026-03/batch/read"

    @property
    def account(self) -> str:
        return self._at("account-info", "", "details")

    def associations(self, name: str, other: str) -> str:
        """Labels, and so the primary one, came with v4: the only number in which v3 has a newer half."""
        if self.version == "v3":
            return f"/crm/v4/associations/{name}/{other}/batch/read"
        return f"/crm/associations/{self.version}/{name}/{other}/batch/read"

    def _at(self, area: str, part: str, *rest: str) -> str:
        # The numbered API has the version before the part, the dated one behind it.
        parts = [area, self.version, part] if self.version == "v3" else [area, part, self.version]
        return "/" + "/".join(one for one in [*parts, *rest] if one)


def properties_of(wanted: SystemObject) -> list[str]:
    """The properties to ask for."""
    return [field for field in wanted.fields if field not in ENVELOPE and "." not in field]


def histories_of(wanted: SystemObject) -> list[str]:
    """The properties whose history to ask for."""
    return [field.removeprefix(_HISTORY) for field in wanted.fields if field.startswith(_HISTORY)]


def associated_with(wanted: SystemObject) -> list[str]:
    """The objects whose associated records to ask for."""
    return [field.removeprefix(_ASSOCIATIONS) for field in wanted.fields if field.startswith(_ASSOCIATIONS)]


def property_behind(field: str) -> str | None:
    """The property that an account must have for a field; None for what every record has."""
    if field in ENVELOPE or field.startswith(_ASSOCIATIONS):
        return None
    return field.removeprefix(_HISTORY)


def flat_record(record: Mapping[str, Any], associated: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """A record as one row. `associated`: by object, the id of the record it belongs to, by the record's own id."""
    record_id = str(record["id"])
    return {
        **record["properties"],
        **{f"{_ASSOCIATIONS}{name}": by_id.get(record_id) for name, by_id in associated.items()},
        **{f"{_HISTORY}{name}": versions for name, versions in (record.get("propertiesWithHistory") or {}).items()},
        "id": record_id,
        "createdAt": record.get("createdAt"),
        "changedAt": changed_at(record),
        "archived": bool(record.get("archived")),
    }


def split_lists(results: Iterable[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """By a deal's id, the owners who share it with their parts, archived ones left out."""
    return {
        str(deal["id"]): [
            {
                "owner": split["properties"].get("hubspot_owner_id"),
                "percentage": split["properties"].get("hs_deal_split_percentage"),
            }
            for split in deal.get("splits") or []
            if not split.get("archived")
        ]
        for deal in results
    }


def changed_at(record: Mapping[str, Any]) -> str:
    """The last change as HubSpot wrote it. Archiving is one, and does not move `updatedAt`."""
    moments = [str(record[name]) for name in ("updatedAt", "archivedAt") if record.get(name)]
    return max(moments, key=moment_of)


def moment_of(text: str) -> datetime:
    """A moment as HubSpot writes it, in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def milliseconds(moment: datetime) -> str:
    """A moment as filters want it: milliseconds since 1970, first one not before it."""
    since = moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return str(-(-since // timedelta(milliseconds=1)))


def primary_id(others: Iterable[Mapping[str, Any]]) -> str | None:
    """Of all that a record is associated with the primary one; without labels the lowest id, the same in any order."""
    ids = {str(other["toObjectId"]): is_primary(other) for other in others}
    primary = [one for one, is_first in ids.items() if is_first]
    return min(primary or ids, key=int, default=None)


def is_primary(other: Mapping[str, Any]) -> bool:
    """Whether an association is labelled as the first one."""
    return any(kind.get("label") == "Primary" for kind in other.get("associationTypes") or [])


def owner_row(owner: Mapping[str, Any]) -> dict[str, Any]:
    """An owner with the name of the team that is marked as the first one."""
    teams: Sequence[Mapping[str, Any]] = owner.get("teams") or []
    team = next((team["name"] for team in teams if team.get("primary")), None)
    plain = {name: value for name, value in owner.items() if name != "teams"}
    return {**plain, "team": team, "changedAt": owner["updatedAt"]}


def stage_rows(pipelines: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """The stages of pipelines. A renamed pipeline changes all of its stages."""
    for pipeline in pipelines:
        for stage in pipeline["stages"]:
            about = stage.get("metadata") or {}
            yield {
                "id": f"{pipeline['id']}/{stage['id']}",
                "pipelineId": pipeline["id"],
                "pipelineLabel": pipeline["label"],
                "stageId": stage["id"],
                "label": stage["label"],
                "isClosed": about.get("isClosed"),
                "probability": about.get("probability"),
                "ticketState": about.get("ticketState"),
                "changedAt": max(str(stage["updatedAt"]), str(pipeline["updatedAt"]), key=moment_of),
            }
