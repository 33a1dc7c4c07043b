"""Exports over HTTP for Excel, Power BI, scripts: any table, saved query or metric that the token's owner may read.

`/api/tables/finance.fct_margins_monthly.csv`, `/api/queries/ID.xlsx?first=2026-01-01`, or
`/api/metrics/net_revenue.parquet?by=region&grain=month`. The token goes as `Authorization: Bearer`, or as the password
of Basic for programs that know no other way. Rows come from the owner's role file; what they may not read answers as
what does not exist.
Belongs here: the routes, who asks, which error is which status. Does not: running a query (`workbench.query`).
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, cast

import pyarrow as pa
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from company.errors import AccessError, CompanyError
from company.metric_plans import GRAINS
from company.roles import DOMAINS, Access, resolve
from company.settings import Settings, current_settings
from company.versions import read_manifest
from dashboards import audit
from dashboards.accounts import Accounts
from dashboards.exports import MEDIA_TYPES, Format
from dashboards.metrics import Catalogue, MetricError, Metrics
from dashboards.published import PublishedError, current
from dashboards.workbench import saved
from dashboards.workbench.errors import (
    QueryError,
    QueryFailedError,
    QueryLimitError,
    QueryQueueError,
    QueryRefusedError,
)
from dashboards.workbench.parameters import Value, read_value
from dashboards.workbench.query import run_query
from dashboards.workbench.rendering import rendered

FORMS: tuple[Format, ...] = ("csv", "parquet", "arrow", "xlsx", "json")
WAIT_SECONDS = 60.0
AT_ONCE = 8
_TABLE = re.compile(r"[a-z_][a-z0-9_]{0,62}\.[a-z_][a-z0-9_]{0,62}")
_NOT_FOUND = "There is no such table, query or metric, or it is not yours to read.\n"
_EXPORTS = ThreadPoolExecutor(AT_ONCE, "export")


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Export:
    """What an export gives: rows, the engine's column names, the version they are of, notes that say so."""

    table: pa.Table
    columns: tuple[str, ...]
    version: str
    notes: tuple[str, ...]


class ExportError(Exception):
    """An export that ends in a status and a sentence; no row left the house."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def routes(
    settings: Callable[[], Settings] = current_settings, clock: Callable[[], datetime] = _now
) -> Sequence[Route]:
    """The routes. Every one of them wants a token, also on this machine."""
    exports = Exports(settings, clock)
    return [
        Route("/api/tables", partial(exports.answer, "list"), methods=["GET"]),
        *(
            Route(f"/api/{kind}/{{name}}", partial(exports.answer, kind), methods=["GET"])
            for kind in ("tables", "queries", "metrics")
        ),
        # The door lets /api/ through to be asked for a token: nothing else may stand behind it.
        Route("/api/{rest:path}", _nowhere, methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]),
    ]


class Exports:
    """Answers export requests, each in a thread; beyond eight at once the next are told to come again."""

    def __init__(self, settings: Callable[[], Settings], clock: Callable[[], datetime]) -> None:
        self._settings, self._clock = settings, clock
        self._running = 0

    async def answer(self, kind: str, request: Request) -> Response:
        """One export."""
        if self._running >= AT_ONCE:
            return _failed(503, "Too many exports at once. Try again in a minute.\n")
        self._running += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(_EXPORTS, self._answer, kind, request)
        finally:
            self._running -= 1

    def _answer(self, kind: str, request: Request) -> Response:
        try:
            settings = self._settings()
            access = self._owner(settings, request.headers.get("authorization", ""))
            if kind == "list":
                return JSONResponse(_tables(settings, access), headers={"cache-control": "no-store"})
            name, form = _parts(request.path_params["name"])
            values = _values(request)
            export = {"tables": self._table, "queries": self._query, "metrics": self._metric}[kind](
                settings, access, name, values, form=form
            )
            content = rendered(export.table, export.columns, form, notes=export.notes)
        except ExportError as error:
            return _failed(error.status, str(error))
        except CompanyError as error:
            return _failed(403 if isinstance(error, AccessError) else 503, f"{error}\n")
        except (PublishedError, audit.AuditError):
            return _failed(503, "The published data cannot be read now; an administrator sees why in the log.\n")
        except (QueryError, MetricError) as error:
            return _failed(_status(error), f"{error}\n")
        safe = re.sub(r"[^A-Za-z0-9_.-]", "_", name)
        return Response(
            content,
            media_type=MEDIA_TYPES[form],
            headers={
                "content-disposition": f'attachment; filename="{safe}.{form}"',
                "cache-control": "no-store",
                "x-plumbline-version": export.version,
            },
        )

    def _owner(self, settings: Settings, header: str) -> Access:
        token = _token(header)
        email = Accounts(settings.folders).email_of_token(token, now=self._clock()) if token else None
        try:
            access = resolve(settings, email) if email else None
        except AccessError:
            access = None
        if access is None:
            raise ExportError(401, "Send a token that is good: `plumbline users token ADDRESS` makes one.\n")
        if not access.export:
            raise ExportError(403, f"{access.email} may look and may not export; a role with `export: true` may.\n")
        return access

    def _table(
        self, settings: Settings, access: Access, name: str, values: Mapping[str, list[str]], *, form: Format
    ) -> Export:
        _known(values, ("limit", "columns"))
        if not _TABLE.fullmatch(name) or name.partition(".")[0] not in DOMAINS:
            raise ExportError(404, _NOT_FOUND)
        wanted = (
            ", ".join(_quoted(column) for column in ",".join(values.get("columns", [])).split(",") if column) or "*"
        )
        schema, table = name.split(".")
        limit = f" limit {_limit(values)}" if "limit" in values else ""
        sql = f"select {wanted} from {_quoted(schema)}.{_quoted(table)}{limit}"
        return self._run(settings, access, sql, None, form=form, subject=name)

    def _query(
        self, settings: Settings, access: Access, name: str, values: Mapping[str, list[str]], *, form: Format
    ) -> Export:
        if not (access.may_open("sql")):
            raise ExportError(404, _NOT_FOUND)
        try:
            query = saved.load(settings.folders, name, access.email)
        except saved.SavedQueryError:
            raise ExportError(404, _NOT_FOUND) from None
        _known(values, tuple(parameter.name for parameter in query.parameters))
        bound: dict[str, Value] = {
            p.name: read_value(p.type, values.get(p.name, [p.value])[0], name=p.name) for p in query.parameters
        }
        return self._run(settings, access, query.text, bound or None, form=form, subject=query.title)

    def _run(
        self,
        settings: Settings,
        access: Access,
        sql: str,
        bound: Mapping[str, Value] | None,
        *,
        form: Format,
        subject: str,
    ) -> Export:
        result = run_query(
            settings,
            sql,
            access=access,
            parameters=bound,
            format=form,
            rows=settings.query.export_rows,
            subject=subject,
            wait_seconds=WAIT_SECONDS,
            clock=self._clock,
        )
        if result.truncated:  # half a table without a word would be a wrong number
            raise ExportError(
                413,
                f"More rows than an export holds ({settings.query.export_rows:,} rows or"
                f" {settings.query.memory_mb // 4} MB). Ask for fewer columns, or save a query that filters.\n",
            )
        return Export(result.table, result.columns, result.version, _notes(settings, result.version))

    def _metric(
        self, settings: Settings, access: Access, name: str, values: Mapping[str, list[str]], *, form: Format
    ) -> Export:
        version = current(settings.folders, access.profile_hash)
        if version is None:
            raise ExportError(503, "Nothing is published yet.\n")
        began = self._clock()
        cursor = version.cursor()
        catalogue = Catalogue.read(cursor)
        if name not in catalogue:
            raise ExportError(404, _NOT_FOUND)
        dimensions = catalogue[name].dimensions
        _known(values, ("by", "grain", "from", "to", *dimensions))
        by = [part for text in values.get("by", []) for part in text.split(",") if part]
        bounds: dict[str, Any] = {
            "first": _day(values, "from"),
            "last": _day(values, "to"),
            "where": {key: values[key] for key in dimensions if key in values},
        }
        asked, grain = Metrics(cursor, catalogue, as_of=version.manifest.as_of), values.get("grain", [None])[0]
        if grain is not None and grain not in GRAINS:
            raise ExportError(400, f"grain is {grain!r}; allowed: {', '.join(GRAINS)}\n")
        table = (
            asked.breakdown(name, by, **bounds)
            if grain is None
            else asked.series(name, grain=cast(Any, grain), by=by, **bounds)
        )
        audit.record(
            settings.folders,
            audit.Event(
                began, access.email, "export", name, version=version.version, rows=table.num_rows,
                seconds=(self._clock() - began).total_seconds(), detail={"format": form},
            ),
        )  # fmt: skip
        return Export(table, tuple(table.column_names), version.version, _notes(settings, version.version))


async def _nowhere(_: Request) -> Response:
    return _failed(404, _NOT_FOUND)


def _token(header: str) -> str:
    scheme, _, value = header.partition(" ")
    if scheme.casefold() == "bearer":
        return value.strip()
    if scheme.casefold() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


def _parts(name: str) -> tuple[str, Format]:
    stem, _, form = name.rpartition(".")
    if form not in FORMS or not stem:
        raise ExportError(404, f"End the address in one of {', '.join('.' + f for f in FORMS)}.\n")
    return stem, cast(Format, form)


def _values(request: Request) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, value in request.query_params.multi_items():
        found.setdefault(key, []).append(value)
    return found


def _known(values: Mapping[str, list[str]], names: tuple[str, ...]) -> None:
    # A filter that is not understood and left out would give more rows than asked for.
    unknown = [name for name in values if name not in names]
    if unknown:
        raise ExportError(400, f"{unknown[0][:60]!r} is not known here; allowed: {', '.join(names) or 'nothing'}\n")


def _limit(values: Mapping[str, list[str]]) -> int:
    text = values["limit"][0]
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ExportError(400, f"limit is {text[:40]!r}; allowed: a whole number\n")
    return int(text)


def _day(values: Mapping[str, list[str]], name: str) -> date | None:
    text = values.get(name, [None])[0]
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ExportError(400, f"{name} is {text!r}; allowed: a day such as 2026-06-30\n") from None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _tables(settings: Settings, access: Access) -> list[dict[str, str]]:
    version = current(settings.folders, access.profile_hash)
    if version is None:
        return []
    rows = version.cursor().execute(
        "select schema_name || '.' || table_name, coalesce(comment, '') from duckdb_tables()"
        " where not internal order by all"
    )
    return [{"table": table, "description": comment} for table, comment in rows.fetchall()]


def _notes(settings: Settings, version: str) -> tuple[str, ...]:
    manifest = read_manifest(settings.folders, version)
    return (
        settings.company.name,
        f"As of {manifest.as_of.isoformat()}",
        f"Amounts named _rpt are in {manifest.reporting_currency}",
        f"Version {version}",
    )


def _status(error: Exception) -> int:
    if isinstance(error, QueryFailedError) and str(error).startswith("There is no table"):
        return 404
    kinds = ((QueryRefusedError, 400), (QueryFailedError, 400), (QueryLimitError, 413), (QueryQueueError, 503))
    return next(
        (status for kind, status in kinds if isinstance(error, kind)), 400 if isinstance(error, MetricError) else 503
    )


def _failed(status: int, text: str) -> Response:
    headers = {"cache-control": "no-store"}
    if status == 401:
        headers["www-authenticate"] = 'Basic realm="Plumbline export"'
    if status == 503:
        headers["retry-after"] = "60"
    return PlainTextResponse(text, status, headers=headers)
