"""A NetSuite account in memory: sign-in by certificate, SuiteQL over REST, a clock and a time zone of its own.

Queries are run by SQLite, so that what a query means is decided by neither this file nor the client. Around it stands
what NetSuite does to answers: text for everything, empty fields left out, dates in the user's format, pages, a ceiling.
"""

from __future__ import annotations

import base64
import re
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from fakes.serving import Answer, Fake, Request
from pipelines.sources.systems import system_objects

Record = dict[str, Any]
QUERY = "/services/rest/query/v1/suiteql"
TOKEN = "/services/rest/auth/oauth2/v1/token"  # noqa: S105 - an address
#: Marks a date in a cell: only TO_CHAR takes it off.
_DATE = "\x01"
#: Columns beside those that are read, of tables that are read or joined to them.
_BESIDE = {
    "term": ["id", "name", "daysuntilnetdue", "discountpercent", "daysuntilexpiry"],
    "entityaddress": ["nkey", "country"],
    "transaction": ["terms", "createddate"],
    "customer": ["terms", "defaultbillingaddress", "email"],
    "vendor": ["terms", "defaultbillingaddress", "email"],
    "transactionline": ["linelastmodifieddate", "uniquekey"],
    "transactionaccountingline": ["accountingbook", "posting", "amount"],
}
_WITHOUT_STAMP = ("transactionline", "transactionaccountingline", "nexttransactionlinelink", "term", "entityaddress")
_KEYS = {
    "transactionline": ("transaction", "id"),
    "transactionaccountingline": ("transaction", "transactionline", "accountingbook"),
    "nexttransactionlinelink": ("nextdoc", "nextline", "previousdoc", "previousline", "linktype"),
    "entityaddress": ("nkey",),
}


@dataclass
class FakeNetsuite(Fake):
    """One account. `zone`: of the user that signs in. `custom`: the company's own fields by table."""

    now: datetime = datetime(2026, 7, 1, 6, 0, tzinfo=UTC)
    zone: str = "America/Los_Angeles"
    page: int = 1000
    ceiling: int = 100_000
    client: tuple[str, str] = ("the-client", "the-certificate")
    public_key: rsa.RSAPublicKey | None = None
    custom: Mapping[str, Iterable[str]] = field(default_factory=dict)
    tokens: dict[str, datetime] = field(default_factory=dict)
    refuses: str | None = None
    signed_in: int = 0

    def __post_init__(self) -> None:
        super().__init__()
        self.database = sqlite3.connect(":memory:", check_same_thread=False)
        self.database.create_function("TO_CHAR", 2, _to_char, deterministic=True)
        self.database.create_function("TO_DATE", 2, lambda text, _: _DATE + text, deterministic=True)
        columns: dict[str, list[str]] = {name: list(listed) for name, listed in _BESIDE.items()}
        for one in system_objects("netsuite"):
            own = [name for name in one.fields if "." not in name and name not in ("changed_at", "saved_at")]
            columns[one.name] = [*own, *columns.get(one.name, [])]
        for name, listed in columns.items():
            stamp = [] if name in _WITHOUT_STAMP else ["lastmodifieddate"]
            every = [*listed, *self.custom.get(name, []), *stamp]
            keys = _KEYS.get(name, ("id",))
            typed = ", ".join(
                f'"{one}" INTEGER' if one in keys and one != "linktype" else f'"{one}" TEXT' for one in every
            )
            named = ", ".join(f'"{key}"' for key in keys)
            self.database.execute(f'create table "{name}" ({typed}, primary key ({named}))')

    # -- what people do in the account -----------------------------------------------------------------------------

    def save(self, table: str, **fields: Any) -> None:
        """A new record, or a change of one. It is stamped now unless `lastmodifieddate` says otherwise."""
        if table not in _WITHOUT_STAMP:
            fields = {"lastmodifieddate": self.now, **fields}
        if table == "transactionline":
            fields = {"linelastmodifieddate": self.now, **fields}
        keys = _KEYS.get(table, ("id",))
        named, values = ", ".join(f'"{name}"' for name in fields), [self._cell(value) for value in fields.values()]
        marks = ", ".join("?" for _ in fields)
        changes = (
            ", ".join(f'"{name}" = excluded."{name}"' for name in fields if name not in keys)
            or f'"{keys[0]}" = "{keys[0]}"'
        )
        key = ", ".join(f'"{name}"' for name in keys)
        self.database.execute(
            f'insert into "{table}" ({named}) values ({marks}) on conflict ({key}) do update set {changes}', values
        )

    def erase(self, table: str, **keys: Any) -> None:
        """Gone for good."""
        where = " and ".join(f'"{name}" = ?' for name in keys)
        self.database.execute(f'delete from "{table}" where {where}', list(keys.values()))

    def erase_transaction(self, number: int) -> None:
        """A transaction is deleted with all that belongs to it."""
        self.erase("transaction", id=number)
        self.erase("transactionline", transaction=number)
        self.erase("transactionaccountingline", transaction=number)
        self.erase("nexttransactionlinelink", nextdoc=number)

    def drop_field(self, table: str, name: str) -> None:
        """A field is taken away, or no longer shown to the role."""
        self.database.execute(f'alter table "{table}" drop column "{name}"')

    def drop_table(self, table: str) -> None:
        """A feature is switched off."""
        self.database.execute(f'drop table "{table}"')

    def pass_time(self, **time: float) -> None:
        """The account's clock goes on."""
        self.now += timedelta(**time)

    def expire_tokens(self) -> None:
        """Every access token is over."""
        self.tokens.clear()

    # -- what the account answers ----------------------------------------------------------------------------------

    def answer(self, request: Request) -> Answer:
        """The account's answer to one request."""
        if request.path == TOKEN:
            return self._sign_in(dict(parse_qsl(request.body.decode())), request)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self.tokens or self.tokens[token] <= self.now:
            return self._problem(
                401, "INVALID_LOGIN", "Invalid login attempt. For more details, see the Login Audit Trail."
            )
        if request.path != QUERY or request.method != "POST":
            return self._problem(404, "NONEXISTENT_ID", "The record instance does not exist.")
        if request.headers.get("prefer") != "transient":
            return self._problem(400, "INVALID_HEADER", "The required request header 'Prefer' is missing or invalid.")
        limit, offset = int(request.query.get("limit", "1000")), int(request.query.get("offset", "0"))
        if not 1 <= limit <= 1000 or offset % limit or offset >= self.ceiling:
            return self._problem(400, "INVALID_PARAMETER", "Invalid value of limit or offset.")
        return self._rows(str(orjson.loads(request.body)["q"]), min(limit, self.page), offset, request)

    def _sign_in(self, form: Mapping[str, str], request: Request) -> Answer:
        asserted = form.get("client_assertion_type") == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        fault = self.refuses or (
            None if form.get("grant_type") == "client_credentials" and asserted else "unsupported_grant_type"
        )
        fault = fault or self._assertion_fault(
            form.get("client_assertion", ""), f"http://{request.headers['host']}{TOKEN}"
        )
        if fault is not None:
            return self._json({"error": fault}, 400)
        token = f"token-{self.signed_in}"
        self.signed_in += 1
        self.tokens[token] = self.now + timedelta(hours=1)
        return self._json({"access_token": token, "expires_in": "3600", "token_type": "bearer"})

    def _assertion_fault(self, assertion: str, audience: str) -> str | None:
        """What is wrong with an assertion: looked at by hand, not by the library that made it."""
        signed, _, signature = assertion.rpartition(".")
        try:
            header, claims = (orjson.loads(_decoded(part)) for part in signed.split("."))
            assert self.public_key is not None
            salted = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
            self.public_key.verify(_decoded(signature), signed.encode(), salted, hashes.SHA256())
        except (ValueError, InvalidSignature):
            return "invalid_client"
        client, certificate = self.client
        fits = (header["alg"], header["typ"], header["kid"]) == ("PS256", "JWT", certificate) and (
            (claims["iss"], claims["aud"], claims["scope"]) == (client, audience, ["rest_webservices"])
        )
        return None if fits and 0 < claims["exp"] - claims["iat"] <= 3600 else "invalid_client"

    def _rows(self, query: str, limit: int, offset: int, request: Request) -> Answer:
        # TRANSACTION is a word of SQLite's own.
        plain = re.sub(r"\btransaction\b", '"transaction"', query)
        try:
            counted = (
                re.sub(r"^SELECT .*? FROM ", "SELECT 1 FROM ", plain)
                if not re.search(r"MAX\(|COUNT\(", plain)
                else plain
            )
            total = self.database.execute(f"select count(*) from ({counted.split(' ORDER BY ')[0]})").fetchone()[0]
            cursor = self.database.execute(f"{plain} limit {limit} offset {offset}")
        except sqlite3.OperationalError as error:
            return self._refused(str(error))
        names = [about[0].lower() for about in cursor.description]
        items = [
            {
                "links": [],
                **{name: _written(value) for name, value in zip(names, row, strict=True) if value is not None},
            }
            for row in cursor.fetchall()
        ]
        has_more = offset + len(items) < total
        address = f"https://{request.headers['host']}{QUERY}?limit={limit}"
        links = [{"rel": "self", "href": f"{address}&offset={offset}"}]
        if has_more:
            links.append({"rel": "next", "href": f"{address}&offset={offset + limit}"})
        return self._json(
            {
                "links": links,
                "count": len(items),
                "hasMore": has_more,
                "items": items,
                "offset": offset,
                "totalResults": total,
            }
        )

    def _refused(self, said: str) -> Answer:
        prefix = "Invalid search query. Detailed unprocessed description follows. Search error occurred: "
        if found := re.search(r'no such column: "?(\w+)"?\."?(\w+)', said):
            reason = "Reason: NOT_EXPOSED - Field is not exposed"
            return self._problem(
                400, "INVALID_PARAMETER", f"{prefix}Field '{found[2]}' for record '{found[1]}' was not found. {reason}"
            )
        if found := re.search(r"no such table: (\w+)", said):
            return self._problem(400, "INVALID_PARAMETER", f"{prefix}Record '{found[1]}' was not found.")
        return self._problem(400, "INVALID_PARAMETER", f"{prefix}{said}")

    def _problem(self, code: int, word: str, detail: str) -> Answer:
        kinds = {400: "Bad Request", 401: "Unauthorized", 404: "Not Found"}
        about = {
            "type": f"https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.{code - 399}",
            "title": kinds[code],
            "status": code,
            "o:errorDetails": [{"detail": detail, "o:errorCode": word}],
        }
        return self._json(about, code)

    def _json(self, content: Any, code: int = 200) -> Answer:
        kind = "application/vnd.oracle.resource+json; type=collection; charset=UTF-8"
        return Answer(
            code, orjson.dumps(content), {"content-type": kind, "date": format_datetime(self.now, usegmt=True)}
        )

    def _cell(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return _DATE + value.astimezone(ZoneInfo(self.zone)).strftime("%Y-%m-%d %H:%M:%S")
        if isinstance(value, date):
            return _DATE + value.isoformat()
        if isinstance(value, bool):
            return "T" if value else "F"
        if isinstance(value, Decimal):
            plain = format(value, "f")
            return plain.rstrip("0").rstrip(".") if "." in plain else plain
        return value


def _to_char(value: str | None, form: str) -> str | None:
    if value is None:
        return None
    text = value.removeprefix(_DATE)
    return {"YYYY-MM-DD": text[:10], "YYYY-MM-DD HH24:MI:SS": text if len(text) > 10 else f"{text} 00:00:00"}[form]


def _written(value: Any) -> str:
    """A value as it stands in an answer: text; a date that nobody asked a form for is in the user's."""
    text = str(value)
    if text.startswith(_DATE):
        year, month, day = text[1:11].split("-")
        return f"{int(month)}/{int(day)}/{year}"
    return text


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
