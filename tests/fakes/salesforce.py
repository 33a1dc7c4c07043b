"""A Salesforce org in memory: sign-in, describe, SOQL over REST and Bulk 2.0, a recycle bin, a clock of its own.

Understands the SOQL that a reader of whole objects writes: fields, comparisons joined by AND, ORDER BY, COUNT().
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl

import orjson

from fakes.serving import Answer, Fake, Request

Record = dict[str, Any]
SOQL = re.compile(
    r"SELECT (?P<fields>.+?) FROM (?P<name>\w+)(?: WHERE (?P<where>.+?))?(?: ORDER BY (?P<order>.+?))?"
    r"(?: LIMIT (?P<limit>\d+))?$",
    re.IGNORECASE | re.DOTALL,
)
CONDITION = re.compile(r"(\w+)\s*(>=|<=|>|<|=)\s*('[^']*'|\S+)")


@dataclass(slots=True)
class _Query:
    fields: list[str]
    records: list[Record]


@dataclass
class FakeSalesforce(Fake):
    """One org. `objects` holds records by object and id; a deleted one lies in the bin until it is emptied."""

    now: datetime = datetime(2026, 7, 1, 6, 0, tzinfo=UTC)
    page: int = 200
    client: tuple[str, str] = ("client", "the-client-secret")
    consent: str | None = None
    usage: tuple[int, int] = (10, 100_000)
    objects: dict[str, dict[str, Record]] = field(default_factory=dict)
    fields: dict[str, list[str]] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    signed_in: int = 0
    _queries: dict[str, _Query] = field(default_factory=dict)
    _jobs: dict[str, _Query] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()

    # -- what people do in the org ---------------------------------------------------------------------------------

    def create(self, name: str, **fields: Any) -> None:
        """A new record, stamped now unless `SystemModstamp` or `CreatedDate` say otherwise."""
        stamp = self.stamp()
        record = {"IsDeleted": False, "CreatedDate": stamp, "SystemModstamp": stamp, **fields}
        self.objects.setdefault(name, {})[str(record["Id"])] = record

    def change(self, name: str, record_id: str, **fields: Any) -> None:
        """A change of a record: it is stamped now."""
        self.objects[name][record_id] |= {"SystemModstamp": self.stamp(), **fields}

    def delete(self, name: str, record_id: str) -> None:
        """Into the recycle bin."""
        self.change(name, record_id, IsDeleted=True)

    def erase(self, name: str, record_id: str) -> None:
        """Gone for good, without a trace."""
        del self.objects[name][record_id]

    def stamp(self) -> str:
        """Now as Salesforce writes it: whole seconds."""
        return written(self.now)

    def pass_time(self, **time: float) -> None:
        """The org's clock goes on."""
        self.now += timedelta(**time)

    def expire_tokens(self) -> None:
        """Every access token is over."""
        self.tokens.clear()

    # -- what the org answers --------------------------------------------------------------------------------------

    def answer(self, request: Request) -> Answer:
        """The org's answer to one request."""
        if request.path == "/services/oauth2/token":
            return self._sign_in(dict(parse_qsl(request.body.decode())), request)
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return self._error(401, "INVALID_SESSION_ID", "Session expired or invalid")
        path = re.sub(r"^/services/data/v\d+\.\d", "", request.path)
        for method, pattern, answer in self._routes():
            if request.method == method and (found := re.fullmatch(pattern, path)):
                return answer(request, *found.groups())
        return self._error(404, "NOT_FOUND", "The requested resource does not exist")

    def _routes(self) -> list[tuple[str, str, Callable[..., Answer]]]:
        return [
            ("GET", "/limits", lambda _: self._json({})),
            ("GET", r"/sobjects/(\w+)/describe", lambda _, name: self._describe(name)),
            ("GET", r"/(query|queryAll)/?", lambda asked, way: self._first_page(asked.query["q"], way)),
            ("GET", r"/query/(\w+)-(\d+)", lambda _, locator, start: self._page(locator, int(start))),
            ("POST", "/jobs/query", lambda asked: self._job(orjson.loads(asked.body))),
            ("GET", r"/jobs/query/(\w+)", lambda _, job: self._job_state(job)),
            ("GET", r"/jobs/query/(\w+)/results", lambda asked, job: self._results(job, asked.query)),
        ]

    def _sign_in(self, form: Mapping[str, str], request: Request) -> Answer:
        if (form.get("client_id"), form.get("client_secret")) != self.client:
            return self._json({"error": "invalid_client", "error_description": "invalid client credentials"}, 401)
        token = f"token-{self.signed_in}"
        content = {
            "access_token": token,
            "instance_url": f"http://{request.headers['host']}",
            "token_type": "Bearer",
            "issued_at": "1",
        }
        if form["grant_type"] == "refresh_token":
            if self.consent is None or form.get("refresh_token") != self.consent:
                return self._json({"error": "invalid_grant", "error_description": "expired access/refresh token"}, 400)
            self.consent = f"{self.consent.split('#')[0]}#{self.signed_in + 1}"
            content["refresh_token"] = self.consent
        self.signed_in += 1
        self.tokens.add(token)
        return self._json(content)

    def _describe(self, name: str) -> Answer:
        if name not in self.fields:
            return self._error(404, "NOT_FOUND", "The requested resource does not exist")
        listed = [{"name": field_name, "filterable": True} for field_name in self.fields[name]]
        return self._json({"name": name, "fields": listed})

    def _first_page(self, soql: str, way: str) -> Answer:
        query = self._select(soql, with_deleted=way == "queryAll")
        if isinstance(query, Answer):
            return query
        if query.fields == ["COUNT()"]:
            return self._json({"totalSize": len(query.records), "done": True, "records": []})
        locator = f"01g{len(self._queries):06d}"
        self._queries[locator] = query
        return self._page(locator, 0)

    def _page(self, locator: str, start: int) -> Answer:
        query = self._queries.get(locator)
        if query is None:
            return self._error(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        records = query.records[start : start + self.page]
        content: dict[str, Any] = {
            "totalSize": len(query.records),
            "done": start + self.page >= len(query.records),
            "records": [{"attributes": {"type": "x", "url": "/x"}, **record} for record in records],
        }
        if not content["done"]:
            content["nextRecordsUrl"] = f"/services/data/v67.0/query/{locator}-{start + self.page}"
        return self._json(content)

    def forget_queries(self) -> None:
        """Every query locator and job is over."""
        self._queries.clear()
        self._jobs.clear()

    def _job(self, asked: Mapping[str, str]) -> Answer:
        query = self._select(asked["query"], with_deleted=asked["operation"] == "queryAll")
        if isinstance(query, Answer):
            return query
        job = f"750{len(self._jobs):06d}"
        self._jobs[job] = query
        return self._json({"id": job, "state": "UploadComplete"})

    def _job_state(self, job: str) -> Answer:
        if job not in self._jobs:
            return self._error(404, "NOT_FOUND", "no such job")
        return self._json({"id": job, "state": "JobComplete", "numberRecordsProcessed": len(self._jobs[job].records)})

    def _results(self, job: str, query: Mapping[str, str]) -> Answer:
        if job not in self._jobs:
            return self._error(404, "NOT_FOUND", "no such job")
        start = int(query.get("locator", "0"))
        size = min(int(query["maxRecords"]), self.page)
        records = self._jobs[job].records
        shown = records[start : start + size]
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerow(self._jobs[job].fields)
        writer.writerows([_csv_cell(record[name]) for name in self._jobs[job].fields] for record in shown)
        following = str(start + size) if start + size < len(records) else "null"
        return Answer(
            200,
            text.getvalue().encode(),
            {
                "content-type": "text/csv",
                "sforce-locator": following,
                "sforce-numberofrecords": str(len(shown)),
                **self._common(),
            },
        )

    def _select(self, soql: str, *, with_deleted: bool) -> _Query | Answer:
        parsed = SOQL.match(soql.strip())
        if parsed is None:
            return self._error(400, "MALFORMED_QUERY", "unexpected token")
        name = parsed["name"]
        if name not in self.fields:
            return self._error(400, "INVALID_TYPE", f"sObject type '{name}' is not supported")
        asked = [part.strip() for part in parsed["fields"].split(",")]
        unknown = [part for part in asked if part != "COUNT()" and part not in self.fields[name]]
        if unknown:
            return self._error(400, "INVALID_FIELD", f"No such column '{unknown[0]}' on entity '{name}'")
        records = [record for record in self.objects.get(name, {}).values() if with_deleted or not record["IsDeleted"]]
        for left, sign, right in CONDITION.findall(parsed["where"] or ""):
            records = [record for record in records if _holds(record.get(left), sign, right.strip("'"))]
        for key in reversed([part.strip() for part in (parsed["order"] or "").split(",") if part.strip()]):
            records.sort(key=lambda record, key=key: str(record.get(key) or ""))  # type: ignore[misc]
        if asked == ["COUNT()"]:
            return _Query(asked, records)
        return _Query(asked, [{name: record.get(name) for name in asked} for record in records])

    def _json(self, content: Any, code: int = 200) -> Answer:
        body = orjson.dumps(content, default=_exact)
        return Answer(code, body, {"content-type": "application/json;charset=UTF-8", **self._common()})

    def _error(self, code: int, word: str, message: str) -> Answer:
        return self._json([{"message": message, "errorCode": word, "fields": []}], code)

    def _common(self) -> dict[str, str]:
        used, most = self.usage
        return {"date": format_datetime(self.now, usegmt=True), "sforce-limit-info": f"api-usage={used}/{most}"}


def written(moment: datetime) -> str:
    """A moment in UTC as Salesforce writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def _exact(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    raise TypeError(type(value))


def _csv_cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).replace("+0000", "Z") if re.fullmatch(r".*T.*\+0000", str(value)) else str(value)


def _holds(left: Any, sign: str, right: str) -> bool:
    one, other = str(left or ""), right
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", right):
        one, other = one[:19], right[:19]
    return {">=": one >= other, "<=": one <= other, ">": one > other, "<": one < other, "=": one == other}[sign]
