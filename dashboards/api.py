"""Exports over HTTP for Excel, Power BI, scripts: any table, saved query or metric that the token's owner may read.

`/api/tables/finance.fct_margins_monthly.csv`, `/api/queries/ID.xlsx?first=2026-01-01`, or
`/api/metrics/net_revenue.parquet?by=region&grain=month`. The token goes as `Authorization: Bearer`, or as the password
of Basic for programs that know no other way. Rows come from the owner's role file; what they may not read answers as
what does not exist.
Belongs here: the routes, who asks, which error is which status. Does not: running a query (`workbench.query`).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast

import pyarrow as pa
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from company.errors import AccessError, CompanyError
from company.metric_plans import GRAINS
from company.roles import DOMAINS, Access, resolve
from company.settings import Settings, current_settings
from company.versions import read_manifest
from dashboards.access import audit
from dashboards.access.accounts import Accounts
from dashboards.export_requests import (
    ExportError,
    check_known,
    day_of,
    failed,
    limit_of,
    name_and_form,
    status_of,
    token_of,
    values_of,
)
from dashboards.exports import MEDIA_TYPES, Format
from dashboards.metrics import Catalogue, MetricError, Metrics
from dashboards.published import PublishedError, current
from dashboards.workbench import saved
from dashboards.workbench.errors import (
    QueryError,
)
from dashboards.workbench.parameters import Value, read_value
from dashboards.workbench.query import run_query
from dashboards.workbench.rendering import rendered

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
            return failed(503, "Too many exports at once. Try again in a minute.\n")
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
            name, form = name_and_form(request.path_params["name"])
            values = values_of(request)
            export = {"tables": self._table, "queries": self._query, "metrics": self._metric}[kind](
                settings, access, name, values, form=form
            )
            content = rendered(export.table, export.columns, form, notes=export.notes)
        except ExportError as error:
            return failed(error.status, str(error))
        except CompanyError as error:
            return failed(403 if isinstance(error, AccessError) else 503, f"{error}\n")
        except (PublishedError, audit.AuditError):
            return failed(503, "The published data cannot be read now; an administrator sees why in the log.\n")
        except (QueryError, MetricError) as error:
            return failed(status_of(error), f"{error}\n")
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
        token = token_of(header)
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
        check_known(values, ("limit", "columns"))
        if not _TABLE.fullmatch(name) or name.partition(".")[0] not in DOMAINS:
            raise ExportError(404, _NOT_FOUND)
        wanted = (
            ", ".join(_quoted(column) for column in ",".join(values.get("columns", [])).split(",") if column) or "*"
        )
        schema, table = name.split(".")
        limit = f" limit {limit_of(values)}" if "limit" in values else ""
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
        check_known(values, tuple(parameter.name for parameter in query.parameters))
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
        check_known(values, ("by", "grain", "from", "to", *dimensions))
        by = [part for text in values.get("by", []) for part in text.split(",") if part]
        bounds: dict[str, Any] = {
            "first": day_of(values, "from"),
            "last": day_of(values, "to"),
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
    return failed(404, _NOT_FOUND)


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
