"""The SQL page: what is asked runs in the sandbox, answers like every page, and is there again next time."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from company.settings import Settings
from dashboards.reading import Reading
from dashboards.views.sql import DESK, OPENING
from dashboards.workbench.desk import Desk
from dashboards.workbench.outcome import quick_chart

OpenPage = Callable[..., AppTest]


def desk(shown: AppTest) -> Desk:
    found: Desk = shown.session_state[DESK]
    return found


def ask(shown: AppTest, text: str | None = None) -> AppTest:
    """Write into the editor, run, and wait for the answer as the page does."""
    if text is not None:
        desk(shown).front.write(text)
    shown = shown.button(key="run_query").click().run()
    while (job := desk(shown).front.job) is not None:
        assert job.wait(60)
        shown = shown.run()
    return shown


def test_the_opening_query_gives_the_revenue_of_the_chosen_months(
    sample_company: Settings, page_of: OpenPage, reading: Reading
) -> None:
    """SQL, page and mail must not differ by a cent; the days of the filter row are bound as values."""
    shown = page_of(sample_company, "sql")
    assert desk(shown).front.text == OPENING
    shown = ask(shown)
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
    before = next(button for button in shown.button if button.label.replace("\\", "") == text)
    shown = before.click().run()
    assert desk(shown).front.text == text


def test_a_table_shows_what_its_columns_mean(sample_company: Settings, page_of: OpenPage) -> None:
    """Nobody should need a second window to know whether an amount is net."""
    shown = page_of(sample_company, "sql")
    shown = shown.selectbox(key="schema_table").select("sales.fct_deals").run()
    columns = shown.dataframe[0].value.set_index("column")
    assert columns.loc["amount_rpt", "type"] == "decimal(18,2)"
    assert all(columns["description"].str.len() > 5)
    shown = shown.button(key="schema_sample").click().run()
    assert desk(shown).front.text == "select *\nfrom sales.fct_deals\nlimit 100"


def test_a_metrics_sql_answers_as_the_metric(sample_company: Settings, page_of: OpenPage, reading: Reading) -> None:
    """The compiled SQL in the catalogue is what the pages ask."""
    shown = page_of(sample_company, "sql")
    shown = shown.selectbox(key="metric").select("net_revenue").run()
    shown = ask(shown.button(key="metric_sql").click().run())
    assert not shown.error
    months = dict(zip(shown.dataframe[0].value.iloc[:, 0], shown.dataframe[0].value["value"], strict=True))
    last = reading.filters.now.last.replace(day=1)
    assert months[last] == reading.by_month("net_revenue", reading.filters.now)[last]


def test_a_parameter_is_asked_for_and_bound(sample_company: Settings, page_of: OpenPage) -> None:
    """A value pasted into the text would be SQL; bound it is a value, whatever it says."""
    shown = page_of(sample_company, "sql")
    desk(shown).front.write("select $who as who, '$no' as no -- $neither")
    shown = shown.run()
    assert [field.label for field in shown.text_input if field.label.startswith("\\$")] == ["\\$who"]
    shown.text_input(key="value_1_who").set_value("' or 1=1 --")
    shown = ask(shown)
    assert shown.dataframe[0].value.to_dict("records") == [{"who": "' or 1=1 --", "no": "$no"}]


def test_a_wrong_value_is_told_before_anything_runs(sample_company: Settings, page_of: OpenPage) -> None:
    shown = page_of(sample_company, "sql")
    desk(shown).front.types["day"] = "date"
    desk(shown).front.values["day"] = "2026-02-30"
    shown = ask(shown, "select $day as day")
    assert "a day such as 2026-06-30" in shown.error[0].value.replace("\\", "")


def test_a_query_is_saved_in_versions_and_opened_again(copied_company: Settings, page_of: OpenPage) -> None:
    """What was worked out on Monday is there on Tuesday, and so is what it was on Sunday."""
    shown = page_of(copied_company, "sql")
    for text in ("select 1 as sunday", "select 2 as monday"):
        desk(shown).front.write(text)
        shown = shown.run()
        shown.text_input(key="save_title_1").set_value("My query")
        shown = shown.run()
        shown = shown.button(key="save_query").click().run()
        assert not shown.exception
    again = page_of(copied_company, "sql")
    query_id = again.selectbox(key="saved_query").options
    assert query_id == ["My query"]
    again = again.selectbox(key="saved_query").select_index(0).run()
    again = again.selectbox(key="saved_version").select_index(1).run()
    again = again.button(key="saved_open").click().run()
    assert desk(again).front.text == "select 1 as sunday"
    assert len(desk(again).tabs) == 2


def test_a_broken_saved_query_is_named_and_the_page_works(copied_company: Settings, page_of: OpenPage) -> None:
    """One spoiled file must not take the desk away from everybody."""
    folder = copied_company.folders.app / "queries" / "spoiled-1"
    folder.mkdir(parents=True)
    (folder / "0001.sql").write_text("-- {}\nselect 1", encoding="utf-8")
    shown = page_of(copied_company, "sql")
    assert not shown.exception
    assert "app/queries/spoiled-1/0001.sql: title" in shown.warning[0].value.replace("\\", "")
    assert not ask(shown, "select 1 as one").error


def test_a_link_opens_its_text_and_runs_nothing(sample_company: Settings, page_of: OpenPage) -> None:
    """A link from a stranger is read before it is run."""
    shown = page_of(sample_company, "sql", sql="select 7 as seven")
    assert desk(shown).front.text == "select 7 as seven"
    assert not shown.dataframe
    assert desk(shown).front.job is None


def test_explain_shows_the_plan_and_no_row(sample_company: Settings, page_of: OpenPage) -> None:
    shown = page_of(sample_company, "sql")
    desk(shown).front.write("select count(*) from sales.fct_deals where is_won")
    shown = shown.button(key="explain_query").click().run()
    while (job := desk(shown).front.job) is not None:
        assert job.wait(60)
        shown = shown.run()
    assert "fct_deals" in shown.code[-1].value
    assert not shown.dataframe


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
