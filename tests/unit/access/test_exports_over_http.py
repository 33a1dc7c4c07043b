"""Exports by token: who gets what in which format, and nobody more than they may see (T10, T16, T18, T26)."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import quote

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from guarded_company import Company
from served import Answer

from dashboards.access import audit
from dashboards.workbench import saved

DEALS = "/api/tables/sales.fct_deals.csv"
PAYROLL = "/api/tables/finance.payroll.csv"
TOTAL = Decimal("5555.00")  # 1.10 * (1 + ... + 100)


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def rows_of(form: str, content: bytes) -> list[dict[str, object]]:
    if form == "csv":
        return list(csv.DictReader(io.StringIO(content.decode())))
    if form == "parquet":
        return pq.read_table(io.BytesIO(content)).to_pylist()
    if form == "arrow":
        return pa.ipc.open_stream(content).read_all().to_pylist()
    head, *rows = openpyxl.load_workbook(io.BytesIO(content))["Rows"].iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


@pytest.mark.parametrize("form", ["csv", "parquet", "arrow", "xlsx"])
def test_a_table_leaves_whole_and_to_the_cent(company: Company, form: str) -> None:
    """What Excel and a script fetch is what the pages show."""
    answer = company.browser().get(f"/api/tables/sales.fct_deals.{form}", **bearer(company.token("sam@example.com")))
    assert answer.status == 200, answer.text
    rows = rows_of(form, answer.body)
    assert len(rows) == 100
    assert sum(Decimal(str(row["amount_rpt"])) for row in rows) == TOTAL
    assert answer.headers["content-disposition"] == f'attachment; filename="sales.fct_deals.{form}"'
    assert answer.headers["cache-control"] == "no-store"
    (event,) = audit.read(company.read().folders, action="export")
    assert (event.actor, event.subject, event.rows, event.detail["format"]) == (
        "sam@example.com", "sales.fct_deals", 100, form,
    )  # fmt: skip


def test_a_program_that_knows_only_passwords_sends_the_token_as_one(company: Company) -> None:
    """Excel's `from web` asks for a user and a password."""
    pair = base64.b64encode(f"anything:{company.token('sam@example.com')}".encode()).decode()
    assert company.browser().get(DEALS, authorization=f"Basic {pair}").status == 200


PEOPLE: dict[str, Callable[[Company], dict[str, str]]] = {
    "nobody": lambda _: {},
    "made up": lambda _: bearer("plumbline_" + "x" * 43),
    "a session, no token": lambda _: {"cookie": "plumbline_session=x"},
    "no prefix": lambda c: bearer(c.token("eve@example.com").removeprefix("plumbline_")),
    "broken header": lambda _: {"authorization": "Basic %%%"},
    "may not export": lambda c: bearer(c.token("rita@example.com")),
    "sales": lambda c: bearer(c.token("sam@example.com")),
    "executive": lambda c: bearer(c.token("eve@example.com")),
}
MATRIX = {
    "/api/tables": (401, 401, 401, 401, 401, 403, 200, 200),
    DEALS: (401, 401, 401, 401, 401, 403, 200, 200),
    PAYROLL: (401, 401, 401, 401, 401, 403, 404, 200),
    "/api/tables/finance.no_such_table.csv": (401, 401, 401, 401, 401, 403, 404, 404),
    "/api/queries/eves-own-1.csv": (401, 401, 401, 401, 401, 403, 404, 200),
    "/api/queries/no-such-1.csv": (401, 401, 401, 401, 401, 403, 404, 404),
    "/api/metrics/no_such_metric.csv": (401, 401, 401, 401, 401, 403, 400, 400),
}


@pytest.fixture
def eves_query(company: Company) -> None:
    folder = company.read().folders.app / "queries" / "eves-own-1"
    folder.mkdir(parents=True)
    head = '{"title": "Own", "owner": "eve@example.com", "saved_at": "2026-07-01T08:00:00Z"}'
    (folder / "0001.sql").write_text(f"-- {head}\nselect * from finance.payroll", encoding="utf-8")


@pytest.mark.parametrize("path", MATRIX)
def test_every_route_answers_every_person_as_they_may(company: Company, eves_query: None, path: str) -> None:
    """Deny by default: what one may not read answers as what does not exist."""
    found = tuple(company.browser().get(path, **person(company)).status for person in PEOPLE.values())
    assert found == MATRIX[path]


class TestADeadToken:
    def get(self, company: Company, token: str) -> Answer:
        return company.browser().get(DEALS, **bearer(token))

    def test_after_it_was_revoked(self, company: Company) -> None:
        token = company.token("sam@example.com")
        company.accounts.revoke_token("sam@example.com", "excel", now=company.clock())
        assert self.get(company, token).status == 401

    def test_after_its_last_day(self, company: Company) -> None:
        token = company.token("sam@example.com", days=30)
        company.clock.forward(days=29.9)
        assert self.get(company, token).status == 200
        company.clock.forward(days=0.2)
        assert self.get(company, token).status == 401

    def test_after_its_owner_was_shut_out(self, company: Company) -> None:
        token = company.token("sam@example.com")
        company.accounts.disable("sam@example.com", now=company.clock())
        assert self.get(company, token).status == 401

    def test_after_its_owner_left_plumbline_yaml(self, company: Company) -> None:
        token = company.token("sam@example.com")
        company.change("  - {email: sam@example.com, roles: [sales_lead]}\n", "")
        assert self.get(company, token).status == 401

    def test_for_a_role_that_no_longer_exports(self, company: Company) -> None:
        token = company.token("sam@example.com")
        company.change("domains: [sales], export: true", "domains: [sales]")
        assert self.get(company, token).status == 403


HOSTILE = (
    "' or 1=1 --",
    "'; drop table sales.fct_deals; --",
    "%",
    "_",
    "\u202e",
    "{{7*7}}",
    "x" * 1500,
    "d1' union select 1",
)


@pytest.mark.parametrize(
    "path", ["/api/", "/api/x", "/api/../_stcore/host-config", "/api//", "/api/tables/", "/api/%2e%2e/x"]
)
def test_nothing_else_stands_behind_the_exports_address(company: Company, path: str) -> None:
    """The door lets this address through unasked; pages must not be reached by it."""
    assert company.browser().get(path).status in (401, 404)
    assert company.browser().post(path).status in (404, 405)


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_in_the_address_is_a_value(company: Company, value: str) -> None:
    """Bound, it matches nothing; pasted, it would be SQL."""
    query = saved.save(
        company.read().folders,
        title="By id",
        text="select count(*) as n from sales.fct_deals where deal_id = $who",
        owner="eve@example.com",
        at=datetime(2026, 7, 1, tzinfo=UTC),
        parameters=(saved.Parameter(name="who", value="d1"),),
    )
    person = bearer(company.token("eve@example.com"))
    assert company.browser().get(f"/api/queries/{query.id}.csv", **person).text == "n\r\n1\r\n"
    answer = company.browser().get(f"/api/queries/{query.id}.csv?who={quote(value)}", **person)
    assert (answer.status, answer.text) == (200, "n\r\n0\r\n")


@pytest.mark.parametrize(
    "path",
    ['/api/tables/sales.fct_deals".csv', "/api/tables/sales.fct_deals;select 1.csv", "/api/tables/../app/x.sqlite.csv",
     "/api/tables/sales.fct_deals.exe", "/api/tables/main.sqlite_master.csv", "/api/queries/../../x.csv",
     "/api/queries/..%2f..%2fapp.csv", "/api/tables/sales.fct_deals.csv?limit=1;drop", "/api/tables/.csv",
     "/api/tables/sales.fct_deals.csv?colums=deal_id", "/api/tables/sales.fct_deals.csv?limit=-1",
     '/api/tables/sales.fct_deals.csv?columns=deal_id",(select 1) as "x'],
)  # fmt: skip
def test_a_name_that_is_none_is_refused_in_words(company: Company, path: str) -> None:
    """No SQL through names, no way out of the folder, no filter that is quietly left out."""
    answer = company.browser().get(path, **bearer(company.token("sam@example.com")))
    assert answer.status in (400, 404)
    assert "Traceback" not in answer.text
    assert str(company.file.parent) not in answer.text


def test_a_result_that_would_be_cut_off_is_refused(company: Company) -> None:
    """Half a table without a word would be a wrong number."""
    company.change("rows: 1000}", "rows: 1000, export_rows: 99}")
    answer = company.browser().get(DEALS, **bearer(company.token("sam@example.com")))
    assert answer.status == 413
    assert "99 rows" in answer.text
    short = company.browser().get(f"{DEALS}?limit=99", **bearer(company.token("sam@example.com")))
    assert short.status == 200


@pytest.mark.parametrize(
    "text", ["=cmd|'/C calc'!A0", "+1+1", "-1+1", "@SUM(1)", "\t=1", "＝1", '=HYPERLINK("http://x")']
)
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_text_that_a_spreadsheet_would_run_arrives_as_text(company: Company, form: str, text: str) -> None:
    """A customer's name must not start a program at whoever opens the export."""
    query = saved.save(
        company.read().folders,
        title="Formula",
        text="select $what as what, -1234.50::decimal(18, 2) as amount_rpt",
        owner="eve@example.com",
        at=datetime(2026, 7, 1, tzinfo=UTC),
        parameters=(saved.Parameter(name="what", value=text),),
    )
    answer = company.browser().get(f"/api/queries/{query.id}.{form}", **bearer(company.token("eve@example.com")))
    (row,) = rows_of(form, answer.body)
    assert row["what"] == (text if form == "xlsx" else f"'{text}")
    assert Decimal(str(row["amount_rpt"])) == Decimal("-1234.50")
    if form == "xlsx":
        assert openpyxl.load_workbook(io.BytesIO(answer.body))["Rows"]["A2"].data_type == "s"
