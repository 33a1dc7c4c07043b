"""The SQL page: what is asked runs in the sandbox, answers like every page, and is there again next time."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from company.settings import Settings
from dashboards.reading import Reading
from dashboards.views.sql import OPENING, quick_chart

OpenPage = Callable[..., AppTest]


def ask(shown: AppTest, text: str) -> AppTest:
    shown.text_area(key="sql").set_value(text)
    return shown.button(key="run_query").click().run()


def test_the_opening_query_gives_the_revenue_of_the_chosen_months(
    sample_company: Settings, page_of: OpenPage, reading: Reading
) -> None:
    """SQL, page and mail must not differ by a cent; the days of the filter row are bound as values."""
    shown = page_of(sample_company, "sql")
    assert shown.text_area(key="sql").value == OPENING
    shown = shown.button(key="run_query").click().run()
    assert not shown.exception
    assert not shown.error
    rows = shown.dataframe[0].value
    assert len(rows) == 12
    assert sum(rows["net_rpt"]) == reading.value("net_revenue")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("delete from sales.fct_deals", "SELECT"),
        ("select * from read_csv('/etc/passwd')", "read_csv"),
        ("select * from sales.fct_dealz", "Did you mean sales.fct_deals"),
    ],
)
def test_what_may_not_be_asked_is_refused_in_words(
    sample_company: Settings, page_of: OpenPage, text: str, says: str
) -> None:
    shown = ask(page_of(sample_company, "sql"), text)
    assert not shown.exception
    assert says in shown.error[0].value.replace("\\", "")


def test_a_query_that_was_asked_can_be_taken_up_again(sample_company: Settings, page_of: OpenPage) -> None:
    """The text of last Monday is what this Monday starts from."""
    text = "select 41 + 1 as answer -- of last Monday"
    ask(page_of(sample_company, "sql"), text)
    shown = page_of(sample_company, "sql")
    before = next(button for button in shown.button if button.label == text)
    shown = before.click().run()
    assert shown.text_area(key="sql").value == text


def test_a_table_shows_what_its_columns_mean(sample_company: Settings, page_of: OpenPage) -> None:
    """Nobody should need a second window to know whether an amount is net."""
    shown = page_of(sample_company, "sql")
    shown = shown.selectbox(key="schema_table").select("sales.fct_deals").run()
    columns = shown.dataframe[0].value.set_index("column")
    assert columns.loc["amount_rpt", "type"] == "decimal(18,2)"
    assert all(columns["description"].str.len() > 5)
    shown = shown.button(key="schema_sample").click().run()
    assert shown.text_area(key="sql").value == "select *\nfrom sales.fct_deals\nlimit 100"


def test_a_metrics_sql_answers_as_the_metric(sample_company: Settings, page_of: OpenPage, reading: Reading) -> None:
    """The compiled SQL in the catalogue is what the pages ask."""
    shown = page_of(sample_company, "sql")
    shown = shown.selectbox(key="metric").select("net_revenue").run()
    shown = shown.button(key="metric_sql").click().run()
    shown = shown.button(key="run_query").click().run()
    assert not shown.error
    months = dict(zip(shown.dataframe[0].value.iloc[:, 0], shown.dataframe[0].value["value"], strict=True))
    last = reading.filters.now.last.replace(day=1)
    assert months[last] == reading.by_month("net_revenue", reading.filters.now)[last]


@pytest.mark.parametrize(
    ("table", "drawn"),
    [
        (pa.table({"month": pa.array([1, 2], pa.date32()), "net": [1.0, 2.0]}), "scatter"),
        (pa.table({"region": ["a", "b"], "net": [1, 2]}), "bar"),
        (pa.table({"region": ["a"], "net": [1]}), None),
        (pa.table({"region": ["a", "b"], "name": ["x", "y"]}), None),
        (pa.table({"net": [1, 2], "cost": [1, 2]}), None),
    ],
)
def test_a_result_is_drawn_where_its_shape_allows(
    monkeypatch: pytest.MonkeyPatch, table: pa.Table, drawn: str | None
) -> None:
    from dashboards import layout
    from dashboards.figures.theme import LIGHT

    monkeypatch.setattr(layout, "colours", lambda: LIGHT)
    figure = quick_chart(table)
    assert (figure.data[0].type if figure else None) == drawn
