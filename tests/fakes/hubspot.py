"""What a HubSpot account answers: list, search, batch read, associations, owners, pipelines.

Answers the dated addresses and the numbered ones alike. Search shows what was written `index_lag` ago.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import orjson

from fakes.hubspot_account import HubspotAccount, Kept, written
from fakes.serving import Answer, Request

VERSION = r"(?:v\d|20\d\d-\d\d)"
CEILING = 10_000
#: How many associations of one record a page shows.
ASSOCIATIONS = 500


@dataclass
class FakeHubspot(HubspotAccount):
    """One account, as it answers."""

    # -- what the account answers ----------------------------------------------------------------------------------

    def answer(self, request: Request) -> Answer:
        """The account's answer to one request."""
        if re.fullmatch(rf"/oauth/{VERSION}/token", request.path):
            return self._sign_in(dict(parse_qsl(request.body.decode())))
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return self.error(401, "INVALID_AUTHENTICATION", "Authentication credentials not found or expired")
        for method, pattern, answer in self._routes():
            if request.method == method and (found := re.fullmatch(pattern, request.path)):
                if self.unscoped & set(found.groups()):
                    return self.error(403, "MISSING_SCOPES", "This app hasn't been granted all required scopes")
                return answer(request, *found.groups())
        return self.error(404, "OBJECT_NOT_FOUND", "No such address")

    def _routes(self) -> Iterator[tuple[str, str, Callable[..., Answer]]]:
        at = {
            part: rf"/crm/(?:{part}/{VERSION}|{VERSION}/{part})"
            for part in ("objects", "properties", "pipelines", "owners")
        }
        yield (
            "GET",
            rf"/account-info/{VERSION}/details",
            lambda _: self.json({"portalId": 1, "timeZone": self.time_zone, "companyCurrency": self.currency}),
        )
        yield "GET", rf"{at['properties']}/(\w+)", lambda _, name: self._properties(name)
        yield "GET", rf"{at['pipelines']}/(\w+)", lambda _, name: self.json({"results": self.pipelines.get(name, [])})
        yield "GET", rf"{at['owners']}/?", lambda asked: self._owners(asked.query)
        yield (
            "GET",
            rf"/marketing/(?:(campaigns)/{VERSION}|{VERSION}/(campaigns))",
            lambda asked, *_: self._campaigns(asked.query),
        )
        yield "GET", rf"{at['objects']}/(\w+)", lambda asked, name: self._list(name, asked.query)
        yield "GET", rf"{at['objects']}/(\w+)/(\d+)", lambda asked, name, one: self._one(name, one, asked.query)
        yield "POST", rf"{at['objects']}/(\w+)/search", lambda asked, name: self._search(name, orjson.loads(asked.body))
        yield "POST", rf"{at['objects']}/(\w+)/batch/read", lambda asked, name: self._batch(name, asked)
        for address in (r"/(deal-splits)/2026-03/batch/read", r"/crm/v3/objects/deals/(splits)/batch/read"):
            yield "POST", address, lambda asked, _: self._deal_splits(asked)
        yield "POST", rf"/crm/(?:associations/{VERSION}|v4/associations)/(\w+)/(\w+)/batch/read", self._associations

    def _sign_in(self, form: Mapping[str, str]) -> Answer:
        if (form.get("client_id"), form.get("client_secret")) != self.client:
            return self.json({"error": "invalid_client", "error_description": "missing or invalid client id"}, 400)
        if self.consent is None or form.get("refresh_token") != self.consent:
            return self.json({"error": "invalid_grant", "error_description": "missing or invalid refresh token"}, 400)
        self.signed_in += 1
        token = f"token-{self.signed_in}"
        self.tokens.add(token)
        content = {"access_token": token, "refresh_token": self.consent, "expires_in": 1800, "token_type": "bearer"}
        return self.json(content)

    def _properties(self, name: str) -> Answer:
        if name not in self.properties:
            return self.error(404, "OBJECT_NOT_FOUND", f"Unable to infer object type from: {name}")
        listed = self.properties[name].items()
        return self.json({"results": [{"name": one, "hubspotDefined": not is_own} for one, is_own in listed]})

    def _owners(self, query: Mapping[str, str]) -> Answer:
        archived = query.get("archived", "").lower() == "true"
        return self._paged([one for one in self.owners if one["archived"] is archived], query)

    def _campaigns(self, query: Mapping[str, str]) -> Answer:
        asked = query.get("properties", "").split(",")
        shown = [{**one, "properties": {name: one["properties"].get(name) for name in asked}} for one in self.campaigns]
        return self._paged(shown, query)

    def _paged(self, listed: list[dict[str, Any]], query: Mapping[str, str]) -> Answer:
        start, size = int(query.get("after", "0")), int(query.get("limit", "100"))
        content: dict[str, Any] = {"results": listed[start : start + size]}
        if start + size < len(listed):
            content["paging"] = {"next": {"after": str(start + size)}}
        return self.json(content)

    def _list(self, name: str, query: Mapping[str, str]) -> Answer:
        size = int(query.get("limit", "10"))
        if size > (50 if "propertiesWithHistory" in query else 100):
            return self.error(400, "VALIDATION_ERROR", "limit is too large")
        archived = query.get("archived", "").lower() == "true"
        after = int(query.get("after", "0"))
        found = [one for one in self._in_order(name) if (one.archived is not None) is archived and int(one.id) > after]
        content: dict[str, Any] = {"results": [self._shown(one, query) for one in found[:size]]}
        if len(found) > size:
            content["paging"] = {
                "next": {"after": found[size - 1].id, "link": f"https://x/?after={found[size - 1].id}"}
            }
        return self.json(content)

    def _one(self, name: str, record_id: str, query: Mapping[str, str]) -> Answer:
        record = self.objects.get(name, {}).get(self.merged.get(record_id, record_id))
        if record is None or record.archived:
            return self.error(404, "OBJECT_NOT_FOUND", "Object not found")
        return self.json(self._shown(record, query))

    def _search(self, name: str, asked: Mapping[str, Any]) -> Answer:
        size, start = int(asked.get("limit", 10)), int(asked.get("after") or 0)
        if size > 200 or start + size > CEILING or len(asked.get("filterGroups") or []) > 6:
            return self.error(400, "VALIDATION_ERROR", "more than search can give")
        found = [one for one in self._in_order(name) if not one.archived and one.written + self.index_lag <= self.now]
        groups = asked.get("filterGroups") or []
        if groups:
            found = [
                one for one in found if any(all(_holds(one, each) for each in group["filters"]) for group in groups)
            ]
        for sort in asked.get("sorts") or []:
            assert sort["propertyName"] == "hs_object_id", "no other order is asked for"
            found.sort(key=lambda one: int(one.id), reverse=sort["direction"] == "DESCENDING")
        shown = [self._shown(one, {"properties": ",".join(asked.get("properties") or [])}) for one in found]
        content: dict[str, Any] = {"total": len(found), "results": shown[start : start + size]}
        if start + size < len(found):
            content["paging"] = {"next": {"after": str(start + size)}}
        return self.json(content)

    def _batch(self, name: str, request: Request) -> Answer:
        asked = orjson.loads(request.body)
        if len(asked["inputs"]) > (50 if asked.get("propertiesWithHistory") else 100):
            return self.error(400, "VALIDATION_ERROR", "too many inputs")
        archived = request.query.get("archived", "").lower() == "true"
        kept = self.objects.get(name, {})
        ids = [self.merged.get(one["id"], one["id"]) for one in asked["inputs"]]
        found = [kept[one] for one in ids if one in kept and (kept[one].archived is not None) is archived]
        query = {key: ",".join(asked.get(key) or []) for key in ("properties", "propertiesWithHistory")}
        content = self._completed([self._shown(one, query) for one in found])
        if len(found) == len(ids):
            return self.json(content)
        missing: dict[str, Any] = {"status": "error", "category": "OBJECT_NOT_FOUND", "message": "Could not get some"}
        missing |= {"context": {"ids": [one for one in ids if one not in kept]}, "errors": [], "links": {}}
        return self.json({**content, "numErrors": 1, "errors": [missing]}, 207)

    def _associations(self, request: Request, name: str, other: str) -> Answer:
        """What records are associated with, of each as many as a page holds."""
        results = []
        for one in orjson.loads(request.body)["inputs"]:
            record = self.objects.get(name, {}).get(one["id"])
            linked = record.linked.get(other, []) if record else []
            # A number in the numbered API, a text in the dated one.
            number = int if "/v4/" in request.path else str
            start = int(one.get("after", "0"))
            shown = linked[start : start + ASSOCIATIONS]
            to = [{"toObjectId": number(each), "associationTypes": _types(primary)} for each, primary in shown]
            if to:
                end = start + ASSOCIATIONS
                following = {"next": {"after": str(end), "link": f"{request.path}?after={end}"}}
                more = {"paging": following} if end < len(linked) else {}
                results.append({"from": {"id": one["id"]}, "to": to, **more})
        return self.json(self._completed(results))

    def _deal_splits(self, request: Request) -> Answer:
        """Of each deal asked for that is shared, its splits; the others are not in the answer."""
        if self.splits is None:
            return self.error(403, "MISSING_SCOPES", "This app hasn't been granted all required scopes")
        asked = [one["id"] for one in orjson.loads(request.body)["inputs"]]
        if len(asked) > 100:
            return self.error(400, "VALIDATION_ERROR", "too many inputs")
        stamps = {"createdAt": written(self.now), "updatedAt": written(self.now), "archived": False}
        results = [
            {
                "id": deal,
                "splits": [
                    {
                        "id": f"{deal}{place}",
                        "properties": {"hs_deal_split_percentage": part, "hubspot_owner_id": owner},
                        **stamps,
                    }
                    for place, (owner, part) in enumerate(self.splits[deal])
                ],
            }
            for deal in asked
            if deal in self.splits
        ]
        return self.json(self._completed(results))

    def _completed(self, results: list[dict[str, Any]]) -> dict[str, Any]:
        stamps = {"startedAt": written(self.now), "completedAt": written(self.now)}
        return {"status": "COMPLETE", "results": results, **stamps}

    def _in_order(self, name: str) -> list[Kept]:
        return sorted(self.objects.get(name, {}).values(), key=lambda one: int(one.id))

    def _shown(self, record: Kept, query: Mapping[str, str]) -> dict[str, Any]:
        own = {
            "hs_object_id": record.id, "createdate": written(record.created), "hs_createdate": written(record.created),
            "hs_lastmodifieddate": written(record.updated), "lastmodifieddate": written(record.updated),
        }  # fmt: skip
        asked = [name for name in query.get("properties", "").split(",") if name] or ["hs_object_id", "createdate"]
        shown = {
            "id": record.id,
            "properties": {name: own.get(name, record.properties.get(name)) for name in asked},
            "createdAt": written(record.created),
            "updatedAt": written(record.updated),
            "archived": record.archived is not None,
        }
        if record.archived:
            shown["archivedAt"] = written(record.archived)
        histories = [name for name in query.get("propertiesWithHistory", "").split(",") if name]
        if histories:
            shown["propertiesWithHistory"] = {name: record.history.get(name, []) for name in histories}
        return shown

    def json(self, content: Any, code: int = 200) -> Answer:
        """An answer of JSON under the account's clock."""
        most, left = self.daily
        limits = {"x-hubspot-ratelimit-daily": str(most), "x-hubspot-ratelimit-daily-remaining": str(left)}
        headers = {"content-type": "application/json;charset=utf-8", "date": format_datetime(self.now, usegmt=True)}
        return Answer(code, orjson.dumps(content), headers | limits)

    def error(self, code: int, category: str, message: str) -> Answer:
        """An error as every part of the API shapes it."""
        return self.json(
            {
                "status": "error",
                "message": message,
                "correlationId": str(UUID(int=len(self.requests))),
                "category": category,
            },
            code,
        )


def _types(primary: bool) -> list[dict[str, Any]]:
    unlabelled = {"category": "HUBSPOT_DEFINED", "typeId": 341, "label": None}
    return [unlabelled, {"category": "HUBSPOT_DEFINED", "typeId": 5, "label": "Primary"}] if primary else [unlabelled]


def _holds(record: Kept, asked: Mapping[str, str]) -> bool:
    name, right = asked["propertyName"], int(asked["value"])
    left = int(record.id) if name == "hs_object_id" else round(record.updated.timestamp() * 1000)
    return {"GTE": left >= right, "LTE": left <= right, "GT": left > right, "LT": left < right}[asked["operator"]]
