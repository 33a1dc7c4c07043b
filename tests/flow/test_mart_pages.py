"""Every SQL in docs/marts answers on the published sample company: a page that does not run is worse than none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from company.settings import Settings
from dashboards.published import current

PAGES = sorted((Path(__file__).resolve().parents[2] / "docs" / "marts").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_an_analyst_can_start_from_the_sql_of_a_page(sample_company: Settings, page: Path) -> None:
    published = current(sample_company.folders, None)
    assert published is not None
    queries = re.findall(r"```sql\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert queries
    for sql in queries:
        published.cursor().sql(sql).fetchall()
