"""One question to HubSpot at a time: lists, searches, batches of records, collections that are given whole.

Belongs here: what a request holds, and HubSpot's own error words and limits. Does not: which records are wanted and
when (`hubspot`), nor addresses and shapes (`hubspot_records`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx2 as httpx
import orjson

from pipelines.sources import hubspot_records as shapes
from pipelines.sources.errors import SourceReadError
from pipelines.sources.http import AnswerError, ApiSession, BudgetError, exact_json
from pipelines.sources.systems import SystemObject

#: Batch read takes a hundred ids, half as many with history.
_PAGE, _PAGE_WITH_HISTORY = 100, 50
#: The daily limit is the whole account's: other integrations live from the same.
_SHARE = 0.8
#: Objects that come with a paid product, so that many accounts have none.
_BY_PRODUCT = frozenset({"leads", "quotes", "tickets", "ticket_stages", "campaigns", "line_items"})
_STAGES_OF = {"deal_stages": "deals", "ticket_stages": "tickets"}
_NO_SUCH_OBJECT = frozenset({httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND})


@dataclass(slots=True)
class Requests:
    """The questions of one conversation."""

    session: ApiSession
    at: shapes.Addresses

    def listed(self, wanted: SystemObject, after: str, *, archived: bool) -> Iterator[tuple[list[Any], str | None]]:
        while True:
            params: dict[str, str | int] = {
                "limit": page_size(wanted),
                "archived": "true" if archived else "false",
                "properties": cursor_of(wanted),
            }
            if after:
                params["after"] = after
            content = exact_json(self.session.get(self.at.objects(wanted.name), params))
            following = _following(content)
            yield content["results"], following
            if following is None:
                return
            after = following

    def read(self, wanted: SystemObject, ids: Sequence[str], *, archived: bool = False) -> list[dict[str, Any]]:
        """Records by their ids. One that was archived meanwhile is not among them; the next landing tells of it."""
        size = page_size(wanted)
        return [
            row
            for start in range(0, len(ids), size)
            for row in self._batch(wanted, ids[start : start + size], archived=archived)
        ]

    def _batch(self, wanted: SystemObject, ids: Sequence[str], *, archived: bool) -> list[dict[str, Any]]:
        inputs = [{"id": one} for one in ids]
        asked: dict[str, Any] = {"inputs": inputs, "properties": shapes.properties_of(wanted)}
        if histories := shapes.histories_of(wanted):
            asked["propertiesWithHistory"] = histories
        where = {"archived": "true"} if archived else {}
        answered = exact_json(self.session.post(f"{self.at.objects(wanted.name)}/batch/read", asked, where))["results"]
        # A record that was merged meanwhile answers under its new id, which the list has too, further on.
        found = [record for record in answered if str(record["id"]) in set(ids)]
        associated = {}
        if found and not archived:
            associated = {other: self._associated(wanted, other, ids) for other in shapes.associated_with(wanted)}
        rows = sorted((shapes.flat_record(one, associated) for one in found), key=lambda row: int(row["id"]))
        if found and not archived and shapes.SPLITS in wanted.fields:
            shared = self._splits(ids)
            rows = [{**row, shapes.SPLITS: shared.get(row["id"]) or None} for row in rows]
        return rows

    def _splits(self, ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
        try:
            answer = self.session.post(self.at.deal_splits, {"inputs": [{"id": one} for one in ids]})
        except AnswerError as error:
            if error.status == httpx.codes.NOT_FOUND:
                return {}
            raise
        return shapes.split_lists(exact_json(answer)["results"])

    def reads_splits(self) -> bool:
        """Whether the token may read who shares deals. Asked of any deal: one that is not there is an answer too."""
        try:
            self._splits(["1"])
        except AnswerError as error:
            if error.status == httpx.codes.FORBIDDEN:
                return False
            raise
        return True

    def _associated(self, wanted: SystemObject, other: str, ids: Sequence[str]) -> dict[str, str]:
        """By record the one that it belongs to. A record with many says so page by page, and is asked on by itself."""
        path = self.at.associations(wanted.name, other)
        linked: dict[str, list[Mapping[str, Any]]] = {}
        seen: set[tuple[str, str]] = set()
        asked = [{"id": one} for one in ids]
        while asked:
            results = exact_json(self.session.post(path, {"inputs": asked}))["results"]
            asked = []
            for result in results:
                record, found = str(result["from"]["id"]), result.get("to") or []
                linked.setdefault(record, []).extend(found)
                following = _following(result)
                if following is None or any(shapes.is_primary(one) for one in found):
                    continue
                if (record, following) in seen:
                    raise SourceReadError(f"{path}: the pages of {record} go round in a circle; nothing is taken")
                seen.add((record, following))
                asked.append({"id": record, "after": following})
        return {record: belongs for record, found in linked.items() if (belongs := shapes.primary_id(found))}

    def whole(self, wanted: SystemObject) -> list[dict[str, Any]]:
        """Every record of a small collection that has no search."""
        if wanted.name in _STAGES_OF:
            answer = self.session.get(self.at.pipelines(_STAGES_OF[wanted.name]))
            return list(shapes.stage_rows(exact_json(answer)["results"]))
        if wanted.name == "owners":
            owners = [one for archived in ("false", "true") for one in self._all(self.at.owners, archived=archived)]
            return [shapes.owner_row(one) for one in owners]
        found = self._all(self.at.campaigns, properties=",".join(shapes.properties_of(wanted)))
        return [shapes.flat_record(one, {}) for one in found]

    def _all(self, path: str, **params: str) -> Iterator[Mapping[str, Any]]:
        after, seen = "", set()
        while True:
            content = exact_json(
                self.session.get(path, {"limit": _PAGE, **params, **({"after": after} if after else {})})
            )
            yield from content["results"]
            following = _following(content)
            if following is None:
                return
            if following in seen:
                raise SourceReadError(f"{path}: the pages go round in a circle; nothing of them is taken")
            seen.add(following)
            after = following

    def account(self) -> httpx.Response:
        """Currency and time zone of the account, under its clock."""
        return self.session.get(self.at.account)

    def search(self, wanted: SystemObject, filters: list[dict[str, str]]) -> list[Any]:
        """The first page of what the filters let through, in the order of ids."""
        asked = {
            "filterGroups": [{"filters": filters}],
            "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
            "properties": [cursor_of(wanted)],
            "limit": page_size(wanted),
        }
        found: list[Any] = exact_json(self.session.post(f"{self.at.objects(wanted.name)}/search", asked))["results"]
        return found

    def matching(self, name: str, filters: list[dict[str, str]]) -> int:
        asked: dict[str, Any] = {"filterGroups": [{"filters": filters}] if filters else [], "limit": 1}
        return int(self.session.post(f"{self.at.objects(name)}/search", asked).json()["total"])

    def highest_id(self, name: str) -> int:
        sorts = [{"propertyName": "hs_object_id", "direction": "DESCENDING"}]
        asked = {"filterGroups": [], "sorts": sorts, "properties": ["hs_object_id"], "limit": 1}
        found = self.session.post(f"{self.at.objects(name)}/search", asked).json()["results"]
        return int(found[0]["id"]) if found else 0

    def properties(self, wanted: SystemObject) -> dict[str, bool] | None:
        """By name, whether a property is the account's own; none where the object has no such list.

        None where the account has no such object or the token may not read it.
        """
        try:
            if is_whole(wanted):
                self.whole(wanted)
                return {}
            answer = self.session.get(self.at.properties(wanted.name))
        except AnswerError as error:
            if error.status in _NO_SUCH_OBJECT and wanted.name in _BY_PRODUCT:
                return None
            raise
        return {str(one["name"]): not one.get("hubspotDefined", False) for one in answer.json()["results"]}


def is_whole(wanted: SystemObject) -> bool:
    return wanted.name in _STAGES_OF or wanted.name in ("owners", "campaigns")


def page_size(wanted: SystemObject) -> int:
    return _PAGE_WITH_HISTORY if shapes.histories_of(wanted) else _PAGE


def cursor_of(wanted: SystemObject) -> str:
    return "lastmodifieddate" if wanted.name == "contacts" else "hs_lastmodifieddate"


def between(wanted: SystemObject, lower: datetime, upper: datetime) -> list[dict[str, str]]:
    cursor = cursor_of(wanted)
    return [
        where(cursor, "GTE", shapes.milliseconds(lower)),
        where(cursor, "LT", shapes.milliseconds(upper)),
    ]


def where(name: str, operator: str, value: str) -> dict[str, str]:
    return {"propertyName": name, "operator": operator, "value": value}


def complaint(answer: httpx.Response) -> tuple[str, str] | None:
    content = _content(answer)
    if content.get("status") == "error":
        return str(content.get("category") or content.get("errorType") or ""), str(content.get("message", ""))
    return None


def keep_to_share(answer: httpx.Response) -> None:
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS and _content(answer).get("policyName") == "DAILY":
        raise BudgetError("the account's daily requests are used up; try tomorrow")
    most = answer.headers.get("x-hubspot-ratelimit-daily", "")
    left = answer.headers.get("x-hubspot-ratelimit-daily-remaining", "")
    if most.isdigit() and left.isdigit() and int(left) < (1 - _SHARE) * int(most):
        raise BudgetError(f"{left} of the account's {most} daily requests are left: they are for others; try later")


def _following(content: Mapping[str, Any]) -> str | None:
    after = ((content.get("paging") or {}).get("next") or {}).get("after")
    return None if after is None else str(after)


def _content(answer: httpx.Response) -> Mapping[str, Any]:
    if "json" not in answer.headers.get("content-type", ""):
        return {}
    try:
        content = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return {}
    return content if isinstance(content, dict) else {}
