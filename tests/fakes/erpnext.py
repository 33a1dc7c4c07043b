"""An ERPNext site in memory: documents with states, child tables, a ledger, custom fields, a clock in its own zone.

Answers Frappe's list, its `get_list` for child tables and its count. Lists without a length hold twenty documents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import orjson

from fakes.serving import Answer, Fake, Request

Document = dict[str, Any]
LISTED_FIELDS = frozenset(
    {"name", "modified", "creation", "docstatus", "parent", "parenttype", "idx", "fieldname", "dt"}
)


@dataclass
class FakeErpnext(Fake):
    """One site. `documents`: by type and name; `fields`: what each type has; `child_of`: the child tables."""

    now: datetime = datetime(2026, 7, 1, 6, 0, tzinfo=UTC)
    zone: str = "Europe/Helsinki"
    key: str = "key:secret"
    documents: dict[str, dict[str, Document]] = field(default_factory=dict)
    fields: dict[str, set[str]] = field(default_factory=dict)
    child_of: dict[str, str] = field(default_factory=dict)
    forbidden: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    # -- what people do in the site --------------------------------------------------------------------------------

    def save(self, doctype: str, name: str, /, *, at: datetime | None = None, **fields: Any) -> None:
        """A new document, or a change of one; stamped now unless `at` says otherwise."""
        stamp = self.stamp(at)
        before = self.documents.setdefault(doctype, {}).get(name, {"creation": stamp, "docstatus": 0})
        self.documents[doctype][name] = {**before, **fields, "name": name, "modified": stamp}

    def put_lines(self, doctype: str, parent: str, lines: Mapping[str, Document]) -> None:
        """The lines of a document, by name, in place of those it had. Their own stamps stay as they were made."""
        kept = self.documents.setdefault(doctype, {})
        for name in [name for name, row in kept.items() if row["parent"] == parent]:
            del kept[name]
        about = {
            "parent": parent,
            "parenttype": self.child_of[doctype],
            "creation": self.stamp(),
            "modified": self.stamp(),
        }
        for place, (name, fields) in enumerate(lines.items(), 1):
            kept[name] = {"name": name, "idx": place, "docstatus": 1, **about, **fields}

    def cancel(self, doctype: str, name: str) -> None:
        """The document stays, its ledger entries too: marked, and reversed by others that are marked as well."""
        self.save(doctype, name, docstatus=2)
        for entry in list(self.documents.get("GL Entry", {}).values()):
            if (entry["voucher_type"], entry["voucher_no"]) == (doctype, name):
                turned = {**entry, "debit": entry["credit"], "credit": entry["debit"], "is_cancelled": 1}
                self.save("GL Entry", entry["name"], is_cancelled=1)
                self.save(
                    "GL Entry",
                    f"{entry['name']}-R",
                    **{k: v for k, v in turned.items() if k not in ("name", "modified")},
                )

    def delete(self, doctype: str, name: str) -> None:
        """Gone, its lines with it."""
        del self.documents[doctype][name]
        for child, parent in self.child_of.items():
            if parent == doctype:
                self.put_lines(child, name, {})

    def stamp(self, at: datetime | None = None) -> str:
        """A moment as the site writes it: its own wall clock."""
        local = (at or self.now).astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)
        return local.isoformat(sep=" ", timespec="microseconds")

    def pass_time(self, **time: float) -> None:
        """The clock goes on."""
        self.now += timedelta(**time)

    # -- what the site answers -------------------------------------------------------------------------------------

    def answer(self, request: Request) -> Answer:
        """The site's answer to one request."""
        sent = request.headers.get("authorization")
        if sent != f"token {self.key}":
            return self.error(401, "AuthenticationError", "") if sent else self.error(403, "PermissionError", "No key")
        asked: dict[str, Any] = orjson.loads(request.body) if request.body else dict(request.query)
        for name in ("fields", "filters"):
            if isinstance(asked.get(name), str):
                asked[name] = orjson.loads(asked[name])
        method = request.path.removeprefix("/api/method/")
        if method == "frappe.auth.get_logged_user":
            return self.json({"message": "reader@example.com"})
        if method == "frappe.client.get_count":
            found = self._select(asked["doctype"], asked)
            return found if isinstance(found, Answer) else self.json({"message": len(found)})
        if method == "frappe.client.get_list":
            return self._list(asked["doctype"], asked, "message", parent=asked.get("parent"))
        return self._list(unquote(request.path.removeprefix("/api/resource/")), asked, "data", parent=None)

    def _list(self, doctype: str, asked: Mapping[str, Any], envelope: str, *, parent: str | None) -> Answer:
        if self.child_of.get(doctype) != parent:
            return self.error(403, "PermissionError", f"No permission for {doctype}")
        found = self._select(doctype, asked)
        if isinstance(found, Answer):
            return found
        length = int(asked.get("limit_page_length", 20))
        fields = asked.get("fields") or ["name"]
        shown = found[:length] if length else found
        return self.json({envelope: [{name: _shown(row.get(name)) for name in fields} for row in shown]})

    def _select(self, doctype: str, asked: Mapping[str, Any]) -> list[Document] | Answer:
        if doctype not in self.fields:
            return self.error(404, "DoesNotExistError", f"DocType {doctype} not found")
        if doctype in self.forbidden:
            return self.error(403, "PermissionError", f"No permission for {doctype}")
        if set(asked.get("fields") or []) - self.fields[doctype] - LISTED_FIELDS:
            return self.error(417, "DataError", "Field not permitted in query")
        found = list(self.documents.get(doctype, {}).values())
        for name, sign, value in asked.get("filters") or []:
            found = [row for row in found if _holds(row.get(name), sign, value)]
        for key in reversed((asked.get("order_by") or "modified desc").split(", ")):
            name, _, way = key.partition(" ")
            found.sort(key=lambda row, name=name: row.get(name), reverse=way == "desc")  # type: ignore[misc]
        return found

    def json(self, content: Any, code: int = 200) -> Answer:
        """An answer of JSON under the server's clock, which is in UTC."""
        headers = {"content-type": "application/json", "date": format_datetime(self.now, usegmt=True)}
        return Answer(code, orjson.dumps(content, default=_exact), headers)

    def error(self, code: int, kind: str, message: str) -> Answer:
        """An error as Frappe shapes it, with its stack trace."""
        exception = f"frappe.exceptions.{kind}: {message}"
        trace = orjson.dumps([f"Traceback (most recent call last):\n  {self.key}\n{exception}"]).decode()
        return self.json({"exc_type": kind, "exception": exception, "exc": trace, "_server_messages": "[]"}, code)


def _shown(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else value.isoformat() if isinstance(value, date) else value


def _exact(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    raise TypeError(type(value))


def _holds(left: Any, sign: str, right: Any) -> bool:
    if sign == "in":
        return left in right
    return {">=": left >= right, "<": left < right, ">": left > right, "=": left == right}[sign]
