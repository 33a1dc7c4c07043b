"""The data trust page counts what the run counted."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from company.settings import Settings
from dashboards.published import current
from dashboards.queries import data_trust as asked
from dashboards.reading import Reading

OpenPage = Callable[..., AppTest]


def test_its_numbers_are_those_of_the_loads(sample_company: Settings, page_of: OpenPage, reading: Reading) -> None:
    shown = {metric.label: metric.value for metric in page_of(sample_company, "data_trust").metric}
    loaded = reading.rows("select sum(rows_loaded) as n from operations.fct_source_loads")["n"][0].as_py()
    assert shown["Rows loaded"] == f"{int(loaded):,}"
    assert shown["Checks passed"] == str(reading.manifest.checks.passed)


def test_every_configured_source_is_listed_with_its_rows(sample_company: Settings, reading: Reading) -> None:
    table = asked.sources(reading)
    assert table["source"].to_pylist() == sorted(sample_company.sources)
    loaded = reading.rows("select sum(rows_loaded) as n from operations.fct_source_loads")["n"][0].as_py()
    assert sum(table["rows_loaded"].to_pylist()) == loaded


def test_a_clean_company_says_that_every_row_counts(reading: Reading) -> None:
    """The claim is made only when nothing was set aside."""
    said = asked.headline(reading)
    quarantined = reading.rows("select count(*) as n from operations.fct_quarantined_rows")["n"][0].as_py()
    held = reading.rows("select count(*) as n from operations.fct_held_rows")["n"][0].as_py()
    assert said.endswith("every row that was read counts.") == (quarantined == held == 0)


def test_a_row_in_quarantine_is_shown_with_its_reason_and_its_file(messy_company: Settings, page_of: OpenPage) -> None:
    """Whoever must mend a file needs its name, the row and what is wrong with it, on the page."""
    published = current(messy_company.folders, None)
    assert published is not None
    count = published.cursor().execute("select count(*) from operations.fct_quarantined_rows").fetchone()
    assert count is not None
    assert count[0] > 0, "the spoiled company has rows in quarantine"
    shown = page_of(messy_company, "data_trust", trust="Quarantine")
    assert not shown.exception
    assert {metric.label: metric.value for metric in shown.metric}["Rows in quarantine"] == f"{count[0]:,}"
    rows = shown.dataframe[1].value
    assert len(rows) == min(count[0], asked.MOST)
    assert rows["file_name"].notna().all()
    assert (rows["message"].str.len() > 5).all()
    reason = rows["reason"].iloc[0]
    narrowed = shown.selectbox(key="quarantine_reason").select(reason).run()
    assert set(narrowed.dataframe[1].value["reason"]) == {reason}


@pytest.mark.parametrize("part", ["Sources", "Matches", "Checks", "Restatements", "Lineage", "Runs"])
def test_every_part_of_the_page_is_drawn(messy_company: Settings, page_of: OpenPage, part: str) -> None:
    """On the spoiled company, where every list has something to show."""
    shown = page_of(messy_company, "data_trust", trust=part)
    assert not shown.exception
    assert not [text for text in shown.caption if "not shown" in text.value]
