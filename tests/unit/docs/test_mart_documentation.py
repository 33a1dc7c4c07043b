"""Every finance and operations mart has a page: how it is worked out, by hand once, and the SQL to start from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGES = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs" / "marts").glob("*.md"))}
MARTS = [
    f"{folder}.{path.stem}"
    for folder in ("finance", "operations")
    for path in sorted((ROOT / "models" / "marts" / folder).rglob("*.sql"))
    if path.parent.name != "unpublished"
]


def queries(page: str) -> str:
    return "\n".join(re.findall(r"```sql\n(.*?)```", page, re.DOTALL))


@pytest.mark.parametrize("mart", MARTS)
def test_a_mart_is_asked_for_on_a_page(mart: str) -> None:
    """An analyst who finds a table in the dictionary wants the query to start from, not its columns only."""
    asked = re.compile(rf"\b(?:from|join) {re.escape(mart)}\b")
    assert [name for name, page in PAGES.items() if asked.search(queries(page))], (
        f"no page under docs/marts asks {mart}"
    )


@pytest.mark.parametrize("name", PAGES)
def test_a_page_works_an_example_by_hand(name: str) -> None:
    """A formula that nobody has worked out with numbers is read in two ways."""
    assert re.search(r"\bby hand\b", PAGES[name], re.IGNORECASE), f"docs/marts/{name} has no example worked by hand"
