"""Each page rendered without a browser: the script's own work from the first line to the last, twice.

The first render pays for imports and cold caches, as the first reader after a start does; the second is a reader's next
click. Every query on the way is noted, so that raw DuckDB can be asked the same.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb

from benchmarks.measuring import ROOT, Stopwatch

ENTRY = ROOT / "dashboards" / "entry.py"
RENDER_SECONDS = 120


def names(_watch: Stopwatch) -> dict[str, Any]:
    """The pages that the app shows, in its own order."""
    from dashboards.entry import PAGES

    return {"names": list(PAGES)}


def first_render(watch: Stopwatch, settings_file: str, page: str) -> dict[str, Any]:
    """One page in a process that has shown nothing yet."""
    queries = _note_queries()
    app = _App(settings_file, page)
    with watch.running():
        app.render()
    return {"elements": app.elements(), "queries": [[sql, packed(bound)] for sql, bound in queries]}


def second_render(watch: Stopwatch, settings_file: str, page: str) -> dict[str, Any]:
    """The same page again in the same process."""
    app = _App(settings_file, page)
    app.render()
    with watch.running():
        app.render()
    return {"elements": app.elements()}


class _App:
    def __init__(self, settings_file: str, page: str) -> None:
        os.environ["PLUMBLINE_CONFIG"] = settings_file
        self.page = page
        self._test: Any = None

    def render(self) -> None:
        if self._test is None:
            from streamlit.testing.v1 import AppTest
            from streamlit.util import calc_hash

            self._test = AppTest.from_file(str(ENTRY), default_timeout=RENDER_SECONDS)
            # AppTest can only switch to pages that are files; ours are functions, found by the hash of their address.
            self._test._page_hash = calc_hash(self.page)
        self._test.run()
        if self._test.exception:
            raise RuntimeError(f"page {self.page}: {self._test.exception[0].value}")

    def elements(self) -> int:
        return sum(1 for _ in self._test.main)


def _note_queries() -> list[tuple[str, Any]]:
    """Have every connection that is opened from now on note what it is asked."""
    asked: list[tuple[str, Any]] = []
    connect = duckdb.connect

    class Noting:
        def __init__(self, connection: Any) -> None:
            self._connection = connection

        def cursor(self) -> Noting:
            return Noting(self._connection.cursor())

        def execute(self, sql: str, parameters: Any = None) -> Any:
            _note(asked, sql, parameters)
            return self._connection.execute(sql, parameters)

        def sql(self, sql: str, *, params: Any = None, **options: Any) -> Any:
            _note(asked, sql, params)
            return self._connection.sql(sql, params=params, **options)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._connection, name)

    duckdb.connect = lambda *given, **options: Noting(connect(*given, **options))  # type: ignore[assignment]
    return asked


def _note(asked: list[tuple[str, Any]], sql: str, parameters: Any) -> None:
    if sql.lstrip().lower().startswith(("select", "with", "from")):
        asked.append((sql, parameters))


def packed(value: Any) -> Any:
    """Bound values as JSON, exactly."""
    if isinstance(value, Decimal | date | datetime):
        return {"type": type(value).__name__, "text": str(value)}
    if isinstance(value, dict):
        return {"type": "dict", "items": [[key, packed(item)] for key, item in value.items()]}
    if isinstance(value, list | tuple):
        return [packed(item) for item in value]
    return value


def unpacked(value: Any) -> Any:
    """What `packed` was given."""
    if isinstance(value, list):
        return [unpacked(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value["type"] == "dict":
        return {key: unpacked(item) for key, item in value["items"]}
    return _READERS[value["type"]](value["text"])


_READERS: dict[str, Callable[[str], Any]] = {
    "Decimal": Decimal,
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
}
