"""A company file of QuickBooks Online that is only a dictionary: queries, the feed of changes, rotating tokens.

Belongs here: what the API does, with a clock of its own. What the sample company has in it is in `quickbooks_sample`.
"""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import orjson

from fakes.serving import Answer, Fake, Request

TOKEN = "/oauth2/v1/tokens/bearer"  # noqa: S105 - an address
DISCOVERY = "/.well-known/openid_configuration"
LISTS = ("Customer", "Vendor", "Item", "Account", "Class", "Department", "Term")
DOCUMENTS = (
    "Invoice", "SalesReceipt", "CreditMemo", "RefundReceipt", "Payment", "Bill", "VendorCredit", "BillPayment",
    "Purchase", "Deposit", "Transfer", "JournalEntry", "PurchaseOrder", "Estimate",
)  # fmt: skip
#: Stamps are written in the time of the company file, which has summer and winter; they say their offset.
ZONE = ZoneInfo("America/Los_Angeles")
_QUERY = re.compile(
    r"select\s+(?P<what>count\(\*\)|\*|id)\s+from\s+(?P<kind>\w+)(?:\s+where\s+(?P<where>.*?))?"
    r"(?:\s+orderby\s+(?P<order>[\w.]+)(?P<desc>\s+desc)?)?(?:\s+startposition\s+(?P<start>\d+))?"
    r"(?:\s+maxresults\s+(?P<size>\d+))?\s*$",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"(?P<field>[\w.]+)\s*(?P<sign>>=|<=|=|<|>|in)\s*(?P<value>'[^']*'|\([^)]*\)|\w+)", re.IGNORECASE
)


class FakeQuickbooks(Fake):
    """One company file. `feed_limit`: the most that the feed of changes gives. `without`: types that its plan lacks."""

    def __init__(self, realm: str = "9130", *, feed_limit: int = 1_000, without: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.realm, self.feed_limit, self.without = realm, feed_limit, without
        self.now = datetime(2026, 6, 1, 6, tzinfo=UTC)
        self.client = ("client", "client secret")
        self.refresh_token, self.access_token = "refresh-0", ""
        self.refreshed = 0
        self.rotates, self.is_connected = True, True
        self.records: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in (*LISTS, *DOCUMENTS)}
        self.deleted: list[tuple[str, dict[str, Any]]] = []

    # -- what people do in it --------------------------------------------------------------------------------------

    def save(self, kind: str, number: str | int, *, at: datetime | None = None, **fields: Any) -> dict[str, Any]:
        """Make or change a record; `at` is its stamp where that is not now: it was committed late."""
        before = self.records[kind].get(str(number), {})
        created = before.get("MetaData", {}).get("CreateTime", self._stamp(fields.pop("created", None) or at))
        record = {
            **({"Active": True} if kind in LISTS else {}), **before, **fields, "Id": str(number), "domain": "QBO",
            "SyncToken": str(int(before.get("SyncToken", -1)) + 1),
            "MetaData": {"CreateTime": created, "LastUpdatedTime": self._stamp(at)},
        }  # fmt: skip
        self.records[kind][str(number)] = record
        return record

    def void(self, kind: str, number: str | int) -> None:
        """A void keeps the document, its amounts gone."""
        lines = [{**line, "Amount": 0} for line in self.records[kind][str(number)].get("Line", ())]
        self.save(kind, number, TotalAmt=0, HomeTotalAmt=0, Balance=0, PrivateNote="Voided - typed twice", Line=lines)

    def delete(self, kind: str, number: str | int) -> None:
        """The record is gone at once; the feed of changes tells it for thirty days."""
        del self.records[kind][str(number)]
        told = {"domain": "QBO", "status": "Deleted", "Id": str(number), "MetaData": {"LastUpdatedTime": self._stamp()}}
        self.deleted.append((kind, told))

    def expire(self) -> None:
        """The access token is an hour old."""
        self.access_token = ""

    def _stamp(self, moment: datetime | None = None) -> str:
        return (moment or self.now).astimezone(ZONE).isoformat(timespec="seconds")

    # -- what it answers -------------------------------------------------------------------------------------------

    def answer(self, request: Request) -> Answer:
        if request.path in (TOKEN, DISCOVERY):
            is_token = request.path == TOKEN
            return self._token(request) if is_token else self._discovery(f"http://{request.headers['host']}")
        if not self.access_token or request.headers.get("authorization") != f"Bearer {self.access_token}":
            return self._fault(401, "3200", "message=AuthenticationFailed", kind="AUTHENTICATION")
        root = f"/v3/company/{self.realm}/"
        if not request.path.startswith(root):
            return self._fault(403, "3100", "ApplicationAuthorizationFailed", kind="AUTHORIZATION")
        if request.path == f"{root}query":
            return self._query(request.query.get("query") or request.body.decode())
        if request.path == f"{root}cdc":
            return self._changes(request.query)
        return self._record(request.path.removeprefix(root))

    def _record(self, path: str) -> Answer:
        found = re.fullmatch(r"(\w+)/(\d+)", path)
        kind = next((one for one in self.records if found and one.lower() == found[1].lower()), None)
        if found and kind and found[2] in self.records[kind]:
            return self._json({kind: self.records[kind][found[2]]})
        return self._fault(400, "610", "Object Not Found")

    def _discovery(self, address: str) -> Answer:
        """Where Intuit's own client finds the addresses to sign in at."""
        ends = ("authorization", "revocation", "userinfo")
        addresses = {f"{one}_endpoint": f"{address}/{one}" for one in ends}
        token = f"{address}{TOKEN}"
        return self._json({"issuer": address, "jwks_uri": f"{address}/keys", "token_endpoint": token, **addresses})

    def _token(self, request: Request) -> Answer:
        given = dict(parse_qsl(request.body.decode()))
        who = base64.b64encode(":".join(self.client).encode()).decode()
        if request.headers.get("authorization") != f"Basic {who}":
            return self._json({"error": "invalid_client"}, 401)
        if not self.is_connected or given.get("refresh_token") != self.refresh_token:
            return self._json({"error": "invalid_grant", "error_description": "Incorrect Token"}, 400)
        self.refreshed += 1
        self.access_token = f"access-{self.refreshed}"
        if self.rotates:
            self.refresh_token = f"refresh-{self.refreshed}"
        return self._json(
            {
                "token_type": "bearer", "access_token": self.access_token, "expires_in": 3600,
                "refresh_token": self.refresh_token, "x_refresh_token_expires_in": 8_726_400,
            }
        )  # fmt: skip

    def _query(self, query: str) -> Answer:
        parsed = _QUERY.fullmatch(query.strip())
        if parsed is None:
            return self._fault(400, "4000", "Error parsing query")
        kind = next((one for one in self.records if one.lower() == parsed["kind"].lower()), None)
        if kind is None or kind in self.without:
            return self._fault(400, "5020", f"Permission Denied Error: {parsed['kind']} is not available")
        where = [(one["field"], one["sign"], one["value"]) for one in _CONDITION.finditer(parsed["where"] or "")]
        found = [record for record in self.records[kind].values() if all(_holds(record, *one) for one in where)]
        if kind in LISTS and not any(field == "Active" for field, _, _ in where):
            found = [record for record in found if record["Active"]]
        if parsed["what"].lower() == "count(*)":
            return self._json({"QueryResponse": {"totalCount": len(found)}})
        order = parsed["order"] or "Id"
        found.sort(key=lambda record: _sortable(order, _inner(record, order)), reverse=bool(parsed["desc"]))
        start, size = int(parsed["start"] or 1), min(int(parsed["size"] or 100), 1_000)
        rows = found[start - 1 : start - 1 + size]
        if not rows:
            return self._json({"QueryResponse": {}})
        if parsed["what"].lower() == "id":
            rows = [{"Id": row["Id"]} for row in rows]
        return self._json({"QueryResponse": {kind: rows, "startPosition": start, "maxResults": len(rows)}})

    def _changes(self, query: dict[str, str]) -> Answer:
        since = datetime.fromisoformat(query["changedSince"])
        if self.now - since > timedelta(days=30):
            return self._fault(400, "2040", "changedSince lies too far back")
        parts, left = [], self.feed_limit
        for kind in query["entities"].split(","):
            found = [*self.records[kind].values(), *(told for one, told in self.deleted if one == kind)]
            changed = [record for record in found if _moment(record) >= since][:left]
            left -= len(changed)
            parts.append({kind: changed, "startPosition": 1, "maxResults": len(changed)} if changed else {})
        return self._json({"CDCResponse": [{"QueryResponse": parts}]})

    def _fault(self, status: int, code: str, message: str, *, kind: str = "ValidationFault") -> Answer:
        error = {"Message": message, "Detail": message, "code": code}
        return self._json({"Fault": {"Error": [error], "type": kind}}, status)

    def _json(self, content: dict[str, Any], status: int = 200) -> Answer:
        body = orjson.dumps({**content, "time": self._stamp()}, default=_number)
        date = format_datetime(self.now.astimezone(UTC), usegmt=True)
        return Answer(status, body, {"content-type": "application/json;charset=UTF-8", "date": date})


def _number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    raise TypeError(type(value).__name__)


def _inner(record: dict[str, Any], path: str) -> Any:
    found: Any = record
    for part in path.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _moment(record: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(record["MetaData"]["LastUpdatedTime"])


def _sortable(field: str, value: Any) -> Any:
    if field == "Id":
        return int(value)
    return datetime.fromisoformat(value) if field.endswith("Time") else str(value)


def _holds(record: dict[str, Any], field: str, sign: str, value: str) -> bool:
    found = _inner(record, field)
    if sign.lower() == "in":
        return str(found).lower() in [one.strip(" '").lower() for one in value.strip("()").split(",")]
    one, other = _sortable(field, found), _sortable(field, value.strip("'"))
    return {">=": one >= other, "<=": one <= other, "=": one == other, "<": one < other, ">": one > other}[sign]
