"""What an answer is: exact, typed, in four formats, from the file that the person may read; and what an error tells."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from published_company import VERSION, build

from company.errors import AccessError
from company.roles import Access, resolve
from company.settings import Settings
from dashboards.exports import FORMATS, Format, defuse, render, restore
from dashboards.workbench.errors import QueryDataError, QueryFailedError, QueryRefusedError
from dashboards.workbench.query import QueryResult, run_query

Ask = Callable[..., QueryResult]

LARGEST = Decimal("9999999999999999.99")  # the largest DECIMAL(18,2): a binary float would give 10000000000000000


def test_money_arrives_to_the_cent(ask: Ask) -> None:
    """A float on the way would turn the largest amounts into neighbours."""
    result = ask("select 9999999999999999.99::decimal(18, 2) as most, sum(amount_rpt) as total from sales.fct_deals")
    assert result.columns == ("most", "total")
    assert result.types == ("DECIMAL(18,2)", "DECIMAL(38,2)")
    assert result.rows() == [(LARGEST, Decimal("5555.00"))]  # 1.10 * (1 + ... + 100) = 1.10 * 5050


READERS: dict[Format, Callable[[bytes], Decimal]] = {
    "csv": lambda content: Decimal(next(csv.DictReader(io.StringIO(content.decode())))["most"]),
    "json": lambda content: Decimal(json.loads(content)[0]["most"]),
    "parquet": lambda content: pq.read_table(pa.BufferReader(content)).column("most")[0].as_py(),
    "table": lambda content: Decimal(content.decode().splitlines()[2].strip()),
    "arrow": lambda content: pa.ipc.open_stream(content).read_all().column("most")[0].as_py(),
    "xlsx": lambda content: Decimal(openpyxl.load_workbook(io.BytesIO(content))["Rows"]["A2"].value),
}


def test_money_leaves_to_the_cent_in_every_format(ask: Ask) -> None:
    """The number in the export is the number on the page."""
    result = ask("select 9999999999999999.99::decimal(18, 2) as most")
    assert {form: read(result.encode(form)) for form, read in READERS.items()} == dict.fromkeys(FORMATS, LARGEST)


def test_a_count_beyond_64_bits_stays_whole(ask: Ask) -> None:
    """sum() of integers is a 128-bit number in the engine."""
    result = ask("select sum(n) as total from (values (9223372036854775807), (9223372036854775807)) v(n)")
    assert result.types == ("HUGEINT",)
    assert json.loads(result.encode("json")) == [{"total": "18446744073709551614"}]
    assert result.encode("csv") == b"total\r\n18446744073709551614\r\n"


def test_every_kind_of_value_leaves_in_every_format(ask: Ask) -> None:
    """An analyst may select what the engine can make; an export must not break on an unusual column."""
    sql = """
        select date '2026-02-28' as d, timestamp '2026-02-28 10:11:12' as ts,
          timestamptz '2026-02-28 10:11:12+02' as tz,
          interval '3 months' as i, true as b, null as n, 'x'::blob as bl, [1, 2] as l, {'a': 1.5::decimal(4, 1)} as s,
          map {'k': 1} as m, 1.5::float as f, 'inf'::double as inf, 'a'::enum('a', 'b') as e, '101'::bit as bits,
          '00000000-0000-0000-0000-000000000001'::uuid as u, '{"j": 1}'::json as j, 1::variant as v,
          12345678901234567890123456789012345678901234567890::bignum as big, time '10:00' as t
    """
    result = ask(sql)
    (row,) = json.loads(result.encode("json"))
    assert row == {
        "d": "2026-02-28",
        "ts": "2026-02-28T10:11:12",
        "tz": "2026-02-28T08:11:12+00:00",
        "i": "3 months",
        "b": True,
        "n": None,
        "bl": "78",
        "l": [1, 2],
        "s": {"a": "1.5"},
        "m": [["k", 1]],
        "f": 1.5,
        "inf": "inf",
        "e": "a",
        "bits": "101",
        "u": "00000000-0000-0000-0000-000000000001",
        "j": '{"j": 1}',
        "v": "1",
        "big": "12345678901234567890123456789012345678901234567890",
        "t": "10:00:00",
    }
    assert pq.read_table(pa.BufferReader(result.encode("parquet"))).num_rows == 1
    assert result.encode("csv").count(b"\r\n") == 2
    assert len(result.encode("table").splitlines()) == 3


def test_no_rows_is_an_answer_with_columns(ask: Ask) -> None:
    """Nothing found and nothing asked are different things."""
    result = ask("select deal_id, amount_rpt from sales.fct_deals where false")
    assert (result.columns, result.rows(), result.truncated) == (("deal_id", "amount_rpt"), [], False)
    assert result.encode("csv") == b"deal_id,amount_rpt\r\n"
    assert json.loads(result.encode("json")) == []


def test_two_columns_of_one_name_both_arrive(ask: Ask) -> None:
    """A join with `select *` repeats names; JSON would silently keep the last."""
    result = ask("select 1 as a, 2 as a")
    assert json.loads(result.encode("json")) == [{"a": 1, "a_2": 2}]
    assert result.encode("csv") == b"a,a_2\r\n1,2\r\n"


FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(1)", "=cmd|'/C calc'!A0", "\t=1", "\r=1", " =1", "＝1+1", "'=1"]


@pytest.mark.parametrize("text", FORMULAS)
def test_text_that_a_spreadsheet_would_run_is_defused_and_comes_back(text: str) -> None:
    """A customer's name must not run a program on the reader's machine."""
    assert defuse(text) == f"'{text}"
    assert restore(defuse(text)) == text


@given(st.text())
def test_defusing_loses_no_text(text: str) -> None:
    """Who reads our CSV back must find what was stored."""
    assert restore(defuse(text)) == text


def test_only_text_is_defused_in_csv_and_only_in_csv(ask: Ask) -> None:
    """-1234.50 is a number: with a quote before it no sum would add up."""
    sql = """select '=1+1' as "=name", -1234.50::decimal(18, 2) as amount, -5 as n, '-1+1' as t, ['=1'] as l"""
    result = ask(sql, format="csv")
    assert result.encode() == b'\'=name,amount,n,t,l\r\n\'=1+1,-1234.50,-5,\'-1+1,"[""=1""]"\r\n'
    assert json.loads(result.encode("json"))[0]["=name"] == "=1+1"


def test_a_table_for_people_has_one_line_per_row() -> None:
    """Control characters in a name must not redraw an analyst's terminal."""
    table = pa.table({"name": ["a\nb\x1b[31m", "x" * 100, None], "n": [1, -20, 300]})
    lines = render(table, ["name", "n"], "table").decode().splitlines()
    assert len(lines) == 5
    assert "\x1b" not in "".join(lines)
    assert lines[2].startswith("a�b�[31m ")
    assert lines[3].endswith("…  -20")
    assert lines[4] == " " * 60 + "  300"


@pytest.mark.parametrize(
    ("sql", "parameters", "row"),
    [
        ("select $a + 1 as x", {"a": Decimal("0.10")}, (Decimal("1.10"),)),
        ("select ?::varchar as x, ? as y", ["' or 1=1 --", date(2026, 2, 28)], ("' or 1=1 --", date(2026, 2, 28))),
        (
            "select count(*) from sales.fct_deals where deal_id in (select unnest($ids))",
            {"ids": ["d1", "d2", "%"]},
            (2,),
        ),
        ("select $at as x, $no as y, $yes as z", {"at": datetime(2026, 1, 2, 3), "no": None, "yes": True}, None),  # noqa: DTZ001
    ],
)
def test_values_are_bound_and_never_become_sql(ask: Ask, sql: str, parameters: Any, row: Any) -> None:
    """A filter value typed by a reader is a value."""
    expected = row or (datetime(2026, 1, 2, 3), None, True)  # noqa: DTZ001 - the engine's TIMESTAMP has no zone
    assert ask(sql, parameters=parameters).rows() == [expected]


def test_a_float_is_not_taken_as_a_parameter(ask: Ask) -> None:
    """0.1 as a float is not 0.1; the caller must say which decimal is meant."""
    with pytest.raises(QueryRefusedError, match=r"\$rate is a float; allowed: .*Decimal"):
        ask("select $rate", parameters={"rate": 0.1})


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("select * from fct_deal", "There is no table fct_deal. Did you mean sales.fct_deals?"),
        ("select * from sales.wondeals", "Did you mean sales.won_deals?"),
        ("select * from qqqqqq", "There is no table qqqqqq. SHOW ALL TABLES lists what there is."),
        ("select * from finance.payroll", "There is no table"),
        ("select 1,\n  amount_rtp from sales.fct_deals", 'Candidate bindings: "amount_rpt"'),
        ("select 1,\n  amount_rtp from sales.fct_deals", "LINE 2:"),
        ("select foo(1)", "Scalar Function with name foo does not exist!"),
        ("select 'x'::int", "Could not convert string 'x' to INT32"),
        ("selec 1", 'syntax error at or near "selec"'),
        ("select $missing", "missing"),
        ("select error('own words')", "own words"),
    ],
)
def test_an_error_says_what_and_where_and_names_the_nearest(ask: Ask, sql: str, says: str) -> None:
    """The analyst corrects a slip without asking anybody."""
    with pytest.raises(QueryFailedError) as failure:
        ask(sql)
    assert says in str(failure.value)
    assert "Error:" not in str(failure.value)


def test_a_result_is_written_whole_or_not_at_all(ask: Ask, tmp_path: Path) -> None:
    """Half a CSV beside an error message is a wrong number in somebody's sheet."""
    target = tmp_path / "deals.csv"
    ask("select deal_id from sales.fct_deals order by 1 limit 2", format="csv", output=target)
    assert target.read_bytes() == b"deal_id\r\nd1\r\nd10\r\n"
    with pytest.raises(QueryFailedError):
        ask("select nothing", format="csv", output=target)
    assert target.read_bytes() == b"deal_id\r\nd1\r\nd10\r\n"
    with pytest.raises(QueryDataError, match=r"missing.x\.csv: cannot be written: No such file or directory"):
        ask("select 1", format="csv", output=tmp_path / "missing" / "x.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["deals.csv"]


def test_each_person_reads_their_own_file(settings: Settings, sam: Access, eve: Access) -> None:
    """Sam's file does not hold the payroll; Eve's access opens the whole one."""
    assert run_query(settings, "select what from finance.payroll", access=eve).rows() == [("Salary of the director",)]
    assert run_query(settings, "select what from finance.payroll", access=None).rows()
    with pytest.raises(QueryFailedError, match="There is no table"):
        run_query(settings, "select what from finance.payroll", access=sam)


def test_export_needs_the_right_to_export(settings: Settings, tmp_path: Path) -> None:
    """A role that may look may not therefore carry away."""
    rita = resolve(settings, "rita@example.com")
    assert run_query(settings, "select 1", access=rita).rows() == [(1,)]
    with pytest.raises(AccessError, match=r"rita@example\.com may not export"):
        run_query(settings, "select 1", access=rita, format="csv")
    with pytest.raises(AccessError, match=r"rita@example\.com may not export"):
        run_query(settings, "select 1", access=rita, output=tmp_path / "x.txt")


def test_a_person_without_a_file_is_told_how_to_get_one(settings: Settings, sam: Access) -> None:
    """A role that is new since the last publish has no file yet."""
    other = sam.model_copy(update={"grants": (sam.grants[0].model_copy(update={"hide": ("*.amount_rpt",)}),)})
    with pytest.raises(QueryDataError, match="Run `plumbline publish --profiles`"):
        run_query(settings, "select 1", access=other)


@pytest.mark.parametrize("version", ["../secrets", ".hidden", "20200101T000000-none"])
def test_a_version_is_a_name_and_never_a_path(settings: Settings, eve: Access, version: str) -> None:
    """The name may come from a link in a mail."""
    with pytest.raises(QueryDataError, match="plumbline versions"):
        run_query(settings, "select 1", access=eve, version=version)


def test_before_the_first_publish_the_answer_is_what_to_run(settings: Settings, eve: Access, tmp_path: Path) -> None:
    """A new company's first query must not end in a missing-file error."""
    with pytest.raises(QueryDataError, match="Run `plumbline run` first"):
        run_query(settings.model_copy(update={"data": tmp_path}), "select 1", access=eve)


def test_a_named_version_answers_while_another_is_current(settings: Settings, eve: Access) -> None:
    """A page pins its version: a publish in between must not mix two."""
    later = "20260801T000000-later"
    build(settings.folders.marts(later), "create schema sales; create table sales.fct_deals as select 1 as deal_id")
    manifest = settings.folders.version(VERSION) / "manifest.json"
    (settings.folders.version(later) / "manifest.json").write_bytes(manifest.read_bytes())
    result = run_query(settings, "select count(*) from sales.fct_deals", access=eve, version=later)
    assert (result.version, result.rows()) == (later, [(1,)])
    assert run_query(settings, "select count(*) from sales.fct_deals", access=eve).rows() == [(100,)]
