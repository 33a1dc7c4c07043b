"""An Odoo database in memory: JSON-2 and JSON-RPC over the same records, domains, archived records, a clock of its own.

Answers as a server does: false for what is empty, links with their labels, floats for money, a stamp of whole seconds
over microseconds that are kept, errors with a stack trace.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from itertools import islice
from typing import Any

import orjson

from fakes.serving import Answer, Fake, Request
from pipelines.sources.systems import system_objects

Record = dict[str, Any]
_TYPES = {"flag": "boolean", "date": "date", "at": "datetime", "days": "integer", "count": "integer"}
_FLOATS = ("money", "price", "quantity", "ratio", "rate", "number")
#: Fields that hold several links, and those that are text to us and a number to Odoo.
_MANY = ("sale_line_ids",)
_NUMBERS = ("invoice_currency_rate",)
#: Fields that only a domain names, and the models that links in a domain lead to.
_NAMED = {"mail.message": "model", "ir.model.fields": "model"}
_LINKED = {"mail_message_id": "mail.message"}
#: The order of a method's arguments, for clients that do not name them.
_ORDER = {
    "search_count": ("domain",),
    "search_read": ("domain", "fields", "offset", "limit", "order"),
    "fields_get": ("allfields", "attributes"),
    "read_group": ("domain", "fields", "groupby"),
}
_TRACE = 'Traceback (most recent call last):\n  File "odoo/http.py", line 1, in secret-path\n'


class _WrongError(Exception):
    def __init__(self, name: str, message: str, status: int) -> None:
        super().__init__(message)
        self.name, self.status = name, status


@dataclass
class FakeOdoo(Fake):
    """One database. `records` by model and id; `fields` by model: name and type. `version` 18 has no JSON-2.

    `denied`: models whose records the user has no right to read, though it may ask for their fields.
    """

    now: datetime = datetime(2026, 7, 1, 6, 0, tzinfo=UTC)
    version: int = 19
    database: str = "acme"
    key: str = "the-api-key"
    user: str = "reader@acme.example"
    records: dict[str, dict[int, Record]] = field(default_factory=dict)
    fields: dict[str, dict[str, str]] = field(default_factory=dict)
    denied: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()
        for one in system_objects("odoo"):
            types = {"id": "integer", "write_date": "datetime", "create_date": "datetime"}
            for column in one.columns:
                (name,) = column.headers
                kind = column.target.kind
                if name != "changed_at" and name not in types:
                    types[name] = "float" if kind in _FLOATS or name in _NUMBERS else _TYPES.get(kind, "char")
                    types[name] = "many2one" if kind == "id" else "many2many" if name in _MANY else types[name]
            self.fields[one.name] = types
            if one.name in _NAMED:
                types[_NAMED[one.name]] = "char"
        self.fields["mail.message"]["res_id"] = "many2one_reference"

    # -- what people do in the database ----------------------------------------------------------------------------

    def save(self, model: str, record_id: int, /, **values: Any) -> None:
        """A new record, or a change of one. It is stamped now unless `write_date` says otherwise."""
        unknown = set(values) - set(self.fields[model])
        assert not unknown, f"{model} has no {unknown}"
        before = self.records.setdefault(model, {}).get(record_id, {"id": record_id, "create_date": self.now})
        self.records[model][record_id] = {**before, "write_date": self.now, **values}

    def unlink(self, model: str, record_id: int) -> None:
        """Deleted, without a trace."""
        del self.records[model][record_id]

    def pass_time(self, **time: float) -> None:
        """The database's clock goes on."""
        self.now += timedelta(**time)

    # -- what the server answers -----------------------------------------------------------------------------------

    def answer(self, request: Request) -> Answer:
        """The server's answer to one request."""
        if request.path == "/jsonrpc":
            return self._rpc(orjson.loads(request.body))
        if self.version < 19 or not request.path.startswith("/json/2/"):
            return Answer(404, b"<html>Not Found</html>", {"content-type": "text/html", **self._date()})
        if request.headers.get("x-odoo-database") != self.database:
            return Answer(404, b"<html>No database</html>", {"content-type": "text/html", **self._date()})
        if request.headers.get("authorization") != f"Bearer {self.key}":
            return self._json({"name": "werkzeug.exceptions.Unauthorized", "message": "Invalid apikey"}, 401)
        model, method = request.path.removeprefix("/json/2/").split("/")
        try:
            return self._json(self._call(model, method, orjson.loads(request.body)))
        except _WrongError as error:
            about = {"name": error.name, "message": str(error), "arguments": [str(error)], "debug": _TRACE}
            return self._json(about, error.status)

    def _rpc(self, content: Mapping[str, Any]) -> Answer:
        params = content["params"]
        try:
            result = self._rpc_result(params["service"], params["method"], params["args"])
        except _WrongError as error:
            about = {"name": error.name, "message": str(error), "arguments": [str(error)], "debug": _TRACE}
            wrong = {"code": 0, "message": "Odoo Server Error", "data": about}
            return self._json({"jsonrpc": "2.0", "id": content["id"], "error": wrong})
        return self._json({"jsonrpc": "2.0", "id": content["id"], "result": result})

    def _rpc_result(self, service: str, method: str, args: list[Any]) -> Any:
        if args[0] != self.database:
            raise _WrongError("psycopg2.OperationalError", f'database "{args[0]}" does not exist', 200)
        if (service, method) == ("common", "login"):
            return 7 if args[1:] == [self.user, self.key] else False
        _, user_id, key, model, name, *given = args
        if (user_id, key) != (7, self.key):
            raise _WrongError("odoo.exceptions.AccessDenied", "Access Denied", 200)
        if (model, name) == ("res.users", "context_get"):
            return {"lang": "en_US", "tz": "Europe/Helsinki"}
        positional, named = given if method == "execute_kw" else (given, {})
        return self._call(model, name, {**dict(zip(_ORDER.get(name, ()), positional, strict=False)), **named})

    def _call(self, model: str, method: str, named: Mapping[str, Any]) -> Any:
        if model not in self.fields:
            if self.version < 19:
                raise _WrongError("odoo.exceptions.UserError", f"Object {model} doesn't exist", 200)
            raise _WrongError("werkzeug.exceptions.NotFound", f"the model {model!r} does not exist", 404)
        if model in self.denied and method != "fields_get":
            status = 403 if self.version >= 19 else 200
            raise _WrongError(
                "odoo.exceptions.AccessError", f"You are not allowed to access {model!r} records.", status
            )
        return {
            "fields_get": self._fields_get, "search_count": self._search_count, "search_read": self._search_read,
            "formatted_read_group": self._formatted_read_group, "read_group": self._read_group,
        }[method](model, **named)  # fmt: skip

    def _fields_get(self, model: str, attributes: Iterable[str], **_: Any) -> Any:
        assert list(attributes) == ["type"]
        return {name: {"type": kind} for name, kind in self.fields[model].items()}

    def _search_count(self, model: str, domain: list[Any], context: Mapping[str, Any] | None = None) -> int:
        return sum(1 for _ in self._found(model, domain, context))

    def _search_read(
        self,
        model: str,
        *,
        domain: list[Any],
        fields: list[str],
        offset: int = 0,
        limit: int | None = None,
        order: str = "id",
        context: Mapping[str, Any] | None = None,
    ) -> list[Record]:
        unknown = [name for name in fields if name not in self.fields[model]]
        if unknown:
            raise _WrongError("builtins.ValueError", f"Invalid field {unknown[0]!r} on model {model!r}", 500)
        assert order == "id"
        found = list(islice(self._found(model, domain, context), offset, None if limit is None else offset + limit))
        return [{name: self._written(model, name, record.get(name)) for name in ["id", *fields]} for record in found]

    def _formatted_read_group(
        self, model: str, domain: list[Any], groupby: list[str], aggregates: list[str], context: Mapping[str, Any]
    ) -> list[Record]:
        assert self.version >= 19
        assert groupby == []
        return [{"__extra_domain": [], **{name: self._sum(model, domain, name, context) for name in aggregates}}]

    def _read_group(
        self, model: str, *, domain: list[Any], fields: list[str], context: Mapping[str, Any] | None = None, **how: Any
    ) -> list[Record]:
        assert how == {"groupby": [], "lazy": False}
        sums = {name.split(":")[0]: self._sum(model, domain, name, context) for name in fields}
        return [{"__count": self._search_count(model, domain, context), "__domain": domain, **sums}]

    def _sum(self, model: str, domain: list[Any], name: str, context: Mapping[str, Any] | None) -> float:
        return float(
            sum(record.get(name.split(":", maxsplit=1)[0]) or 0 for record in self._found(model, domain, context))
        )

    def _found(self, model: str, domain: list[Any], context: Mapping[str, Any] | None) -> Iterator[Record]:
        """What fits, by id. A reader's last term is the id that it has come to: nothing before is looked at."""
        hides = "active" in self.fields[model] and (context or {}).get("active_test", True)
        records = self.records.get(model, {})
        after = int(domain[-1][2]) if domain and domain[-1][:2] == ["id", ">"] else 0
        for record_id in sorted(number for number in records if number > after):
            record = records[record_id]
            if self._holds(domain, record) and (not hides or record.get("active", True)):
                yield record

    def _holds(self, domain: list[Any], record: Record) -> bool:
        """A domain is a list of terms in Polish notation; terms that nothing joins are joined by and."""
        stack: list[bool] = []
        for term in reversed(domain):
            if term == "|":
                stack.append(stack.pop() | stack.pop())
            elif term == "&":
                stack.append(stack.pop() & stack.pop())
            else:
                stack.append(self._is_true(term, record))
        return all(stack)

    def _is_true(self, term: list[Any], record: Record) -> bool:
        name, sign, right = term
        first, _, rest = name.partition(".")
        left = record.get(first)
        if rest:
            return self._is_true([rest, sign, right], self.records[_LINKED[first]][left])
        if right is False:
            return (left in (None, False)) == (sign == "=")
        if left is None:
            return False
        if isinstance(left, datetime):
            left = _stamp(left)
        return {"=": left == right, ">": left > right, ">=": left >= right, "<": left < right}[sign]

    def _written(self, model: str, name: str, value: Any) -> Any:
        kind = self.fields[model][name]
        if kind == "many2many":
            return list(value or [])
        if kind == "many2one" and value is not None:
            return [value, f"label of {value}"]
        if value is None:
            return 0.0 if kind == "float" else 0 if kind == "integer" else False
        if isinstance(value, datetime):
            return _stamp(value)
        if isinstance(value, date):
            return value.isoformat()
        return float(value) if isinstance(value, Decimal) else value

    def _json(self, content: Any, code: int = 200) -> Answer:
        return Answer(code, orjson.dumps(content), {"content-type": "application/json; charset=utf-8", **self._date()})

    def _date(self) -> dict[str, str]:
        return {"date": format_datetime(self.now, usegmt=True)}


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")
