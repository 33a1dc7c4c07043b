"""What a query must not reach: T1 to T8. Once through the front door, once with only the walls of its process left."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
import query_payloads as payloads

from company.roles import Access
from company.settings import Settings
from dashboards.access import audit
from dashboards.workbench.errors import QueryDataError, QueryError, QueryFailedError, QueryRefusedError
from dashboards.workbench.process import Limits
from dashboards.workbench.query import QueryResult, published_file, run_query
from dashboards.workbench.statement import TABLE_FUNCTIONS

ROOT = Path(__file__).resolve().parents[3]
CANARY = "canary-7f3a"
FORBIDDEN = (CANARY, "Salary of the director", "123456.78")
"""What a file beside the database says, and what only the whole file holds."""


@pytest.fixture(scope="module")
def folder(settings: Settings) -> Path:
    folder = published_file(settings, None, None)[1].parent
    (folder / payloads.CANARY_FILE).write_text(f"what\n{CANARY}\n", encoding="utf-8")
    return folder


def probe(settings: Settings, sam: Access, texts: Sequence[str], *, judged: bool) -> list[list[str]]:
    """What each text gave on a connection locked for Sam, whose file has no finance schema."""
    limits = Limits(memory_mb=256, seconds=30, rows=1000)
    request = {
        "file": str(published_file(settings, sam, None)[1]),
        "memory_mb": limits.memory_mb,
        "threads": limits.threads,
        "address_space": limits.address_space,
        "cpu_seconds": limits.cpu_seconds,
        "judged": judged,
        "texts": list(texts),
    }
    command = [sys.executable, "-B", str(Path(__file__).with_name("query_probe.py"))]
    done = subprocess.run(
        command, input=json.dumps(request), capture_output=True, text=True, check=False, env={"PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)[:-1]


def filled(threat: str, folder: Path) -> list[str]:
    places = {"folder": str(folder), "whole": str(folder / "marts.duckdb")}
    return [
        text.replace("{folder}", places["folder"]).replace("{whole}", places["whole"]) for text in payloads.ALL[threat]
    ]


def everything_below(root: Path) -> dict[str, int]:
    return {str(path): path.stat().st_size for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("threat", payloads.ALL)
@pytest.mark.parametrize("judged", [True, False], ids=["front door", "walls alone"])
def test_no_text_reaches_a_file_a_secret_or_another_roles_rows(
    settings: Settings, sam: Access, folder: Path, threat: str, judged: bool
) -> None:
    """One analyst's curiosity must not become the company's leak, also on the day the parser is fooled."""
    before = everything_below(settings.root)
    texts = filled(threat, folder)
    outcomes = probe(settings, sam, texts, judged=judged)
    assert len(outcomes) == len(texts)
    leaks = [
        (text, said) for text, (_, said, *_) in zip(texts, outcomes, strict=True) if any(f in said for f in FORBIDDEN)
    ]
    if judged:  # without the look at the text, an answer may repeat the name that was asked for
        answers = [said for kind, said, *_ in outcomes if kind == "answered"]
        assert not [said for said in answers if "payroll" in said]
    assert not leaks
    assert everything_below(settings.root) == before


@pytest.mark.parametrize("threat", ["T1", "T2", "T3", "T7"])
def test_what_is_no_question_to_the_tables_is_refused_or_fails(
    settings: Settings, sam: Access, folder: Path, threat: str
) -> None:
    """Reading files, writing, unlocking and redefining names have no answer at all."""
    texts = filled(threat, folder)
    answered = [
        t for t, (kind, *_) in zip(texts, probe(settings, sam, texts, judged=True), strict=True) if kind == "answered"
    ]
    assert not answered


def test_what_analysts_write_is_answered(settings: Settings, sam: Access) -> None:
    """A guard that refuses ordinary work is taken down by the first person in a hurry."""
    outcomes = probe(settings, sam, payloads.ORDINARY, judged=True)
    refused = [(t, said) for t, (kind, said, *_) in zip(payloads.ORDINARY, outcomes, strict=True) if kind != "answered"]
    assert not refused


def test_the_catalog_tells_nothing_of_the_server(settings: Settings, sam: Access) -> None:
    """Folder names, user names and mount points are where the next attack starts."""
    named = [f"select * from {view}" for view in internal_views()] + list(payloads.CATALOG)
    functions = [f"select * from {name}()" for name in table_functions_without_arguments()]
    settings_read = [f"select current_setting('{name}')" for name in setting_names()]
    scalars = [f"select {name}()" for name in scalar_functions_without_arguments()]
    texts = [*named, *functions, *settings_read, *scalars]
    outcomes = probe(settings, sam, texts, judged=True)
    assert sum(kind == "answered" for kind, *_ in outcomes) > 30, "the list must not be refused for another reason"
    secrets = (settings.root.name, str(ROOT), "/nonexistent", "site-packages")
    leaks = [
        (text, said) for text, (_, said, *_) in zip(texts, outcomes, strict=True) if any(s in said for s in secrets)
    ]
    assert not leaks


def test_the_same_catalog_would_tell_without_the_look_at_the_text(settings: Settings, sam: Access) -> None:
    """The proof that the test above can fail: the engine itself does show where the file lies."""
    ((kind, said, *_),) = probe(settings, sam, ["select * from duckdb_databases()"], judged=False)
    assert kind == "answered"
    assert settings.root.name in said


def internal_views() -> list[str]:
    sql = "select distinct schema_name || '.' || view_name from duckdb_views() where internal order by all"
    return [row[0] for row in duckdb.connect().execute(sql).fetchall()]


def table_functions_without_arguments() -> list[str]:
    sql = (
        "select distinct function_name from duckdb_functions() "
        "where function_type in ('table', 'table_macro', 'pragma')"
    )
    return sorted(row[0] for row in duckdb.connect().execute(sql).fetchall())


def scalar_functions_without_arguments() -> list[str]:
    sql = (
        "select distinct function_name from duckdb_functions() where function_type in ('scalar', 'macro') "
        "and len(parameters) = 0 and regexp_matches(function_name, '^[a-z_]+$')"
    )
    return sorted(row[0] for row in duckdb.connect().execute(sql).fetchall())


def setting_names() -> list[str]:
    return sorted(row[0] for row in duckdb.connect().execute("select name from duckdb_settings()").fetchall())


def test_every_allowed_table_function_exists_in_this_engine() -> None:
    """A name on the list that means nothing today may mean something after an upgrade."""
    assert set(table_functions_without_arguments()) >= TABLE_FUNCTIONS


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("select 1; select 2", "Found 2 statements; run one SELECT at a time."),
        ("", "The query is empty."),
        ("-- only a comment", "The query is empty."),
        ("drop table sales.fct_deals", "DROP is not possible here"),
        ("pragma database_list", "use DESCRIBE table"),
        ("create view v as select 1", "WITH step AS"),
        ("pivot sales.fct_deals on is_won using sum(amount_rpt)", "PIVOT ... ON column IN"),
        ("copy (select 1) to 'x.csv'", "choose csv, json or parquet"),
        ("select * from read_csv('x.csv')", "read_csv() is not possible here"),
        ("select 1 \x00 from x", "null character at position 10"),
        ("select '\ud83d'", "The character at position 9 is half of one"),
        ("select " + "1," * 60_000 + "1", "100,000 is the most"),
        ("select " + "(" * 5000 + "1" + ")" * 5000, "nest"),
    ],
)
def test_a_refusal_says_what_to_do_instead(ask: Callable[..., QueryResult], sql: str, says: str) -> None:
    """A refusal without a way out is a support call."""
    with pytest.raises((QueryRefusedError, QueryFailedError)) as refusal:
        ask(sql)
    assert says in str(refusal.value)


def test_a_view_left_by_one_person_does_not_reach_another(settings: Settings, sam: Access, eve: Access) -> None:
    """Poisoned names would show one reader another's numbers."""
    with pytest.raises(QueryError):
        run_query(settings, "create temp view fct_deals as select 0 as amount_rpt", access=sam)
    result = run_query(settings, "select count(*) from sales.fct_deals", access=eve)
    assert result.rows() == [(100,)]


def test_every_query_leaves_a_row_also_a_refused_one(settings: Settings, sam: Access, tmp_path: Path) -> None:
    """An attacker must leave a trace, and must not be able to write somebody else's."""
    alone = settings.model_copy(update={"data": tmp_path})
    (tmp_path / "published").symlink_to(settings.folders.published)
    at = datetime(2026, 6, 30, 7, tzinfo=UTC)
    forged = "select * from read_text('x') /*'); insert into query values ('2026-01-01', 'eve@example.com') */"
    with pytest.raises(QueryRefusedError):
        run_query(alone, forged, access=sam, clock=lambda: at)
    run_query(alone, "select 1 from sales.fct_deals", access=sam, clock=lambda: at)
    answered, refused = audit.read(alone.folders)
    assert (refused.at, refused.actor, refused.outcome, refused.rows) == (
        at,
        "sam@example.com",
        "QueryRefusedError",
        None,
    )
    assert refused.text == forged
    assert (answered.actor, answered.outcome, answered.rows) == ("sam@example.com", "answered", 100)


def test_a_query_that_cannot_be_recorded_is_not_answered(settings: Settings, sam: Access, tmp_path: Path) -> None:
    """A full disk must not open a door without a doorkeeper."""
    alone = settings.model_copy(update={"data": tmp_path})
    (tmp_path / "published").symlink_to(settings.folders.published)
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "app.sqlite").write_text("no database")
    with pytest.raises(QueryDataError, match=r"The audit log app\.sqlite cannot be written"):
        run_query(alone, "select 1", access=sam)
