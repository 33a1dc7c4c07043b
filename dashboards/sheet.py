"""What a page has said, in the order in which it said it, so that the same page can be put on paper.

Belongs here: the blocks as values. Does not: Streamlit, markup, files; `reports.page` writes them as PDF.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Figure:
    """A KPI: its texts as on the card. `is_good` is None where the change has no direction; `metric` where declared."""

    label: str
    text: str
    change: str
    note: str
    is_good: bool | None
    metric: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart as a function that draws it for paper (Vega-Lite), so that nothing is drawn unless it is printed."""

    title: str
    alt: str
    spec: Callable[[], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Rows:
    """A table with the headings that readers see, by column; columns without one are left out.

    `totals` are the places of rows that stand apart. Such a table is a statement: in whole units where it is wide.
    """

    title: str
    table: pa.Table
    headings: dict[str, str]
    totals: tuple[int, ...] = ()


@dataclass(slots=True)
class Sheet:
    """The page so far. `answer` is the sentence on top."""

    answer: str = ""
    blocks: list[Figure | Chart | Rows] = field(default_factory=list)

    def say(self, text: str) -> None:
        self.answer = text

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that the page's KPI cards show, each once."""
        names = (block.metric for block in self.blocks if isinstance(block, Figure))
        return tuple(dict.fromkeys(name for name in names if name))

    def add(self, block: Figure | Chart | Rows) -> None:
        self.blocks.append(block)
