"""The SQL that the pages under docs/marts give an analyst to start from: it runs on what is published."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from company.settings import Settings
from dashboards.published import current

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = [*sorted((DOCS / "marts").glob("*.md")), DOCS / "analysts.md"]
QUERIES = [
    pytest.param(query, id=f"{page.stem}-{place}")
    for page in PAGES
    for place, query in enumerate(re.findall(r"```sql\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL), start=1)
]


def test_every_page_gives_a_query_to_start_from() -> None:
    """A definition that nobody can ask for stays a definition."""
    assert PAGES
    assert not [page.name for page in PAGES if "```sql" not in page.read_text(encoding="utf-8")]


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_of_the_pages_runs_as_it_is_printed(sample_company: Settings, query: str) -> None:
    """An analyst who copies the first example and meets an error closes the page."""
    published = current(sample_company.folders, None)
    assert published is not None
    statement = re.sub(r"^\s*--[^\n]*\n", "", query)
    assert published.cursor().sql(statement).columns
