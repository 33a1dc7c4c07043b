"""The data trust page counts what the run counted."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from company.settings import Settings
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
