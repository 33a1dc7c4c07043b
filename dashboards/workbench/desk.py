"""What a reader has open on the SQL page: tabs with text, parameters, a running query and its result.

Plain values in the reader's own session. Belongs here: opening, closing, naming tabs. Not: drawing or running them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dashboards.workbench.jobs import Job
from dashboards.workbench.parameters import names_in
from dashboards.workbench.query import QueryResult
from dashboards.workbench.saved import Parameter, ParameterType, SavedQuery

MOST_TABS = 8
DAYS = ("first", "last", "before_first", "before_last", "as_of")
"""Parameters that the filter row answers; every other one is asked for."""


@dataclass
class Tab:
    """One query on the desk. A new `stamp` makes the editor take the text over."""

    number: int
    text: str
    title: str = ""
    stamp: int = 0
    saved: SavedQuery | None = None
    types: dict[str, ParameterType] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    job: Job | None = None
    result: QueryResult | None = None
    error: str = ""
    plan: str = ""

    @property
    def label(self) -> str:
        """The tab's name: that of the saved query, or its number."""
        if self.saved is None:
            return self.title or f"Query {self.number}"
        return self.saved.title + ("" if self.text == self.saved.text else " •")

    @property
    def asked_for(self) -> tuple[str, ...]:
        """The parameters of the text that the reader gives values for."""
        return tuple(name for name in names_in(self.text) if name not in DAYS)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters as they are saved with the query."""
        return tuple(
            Parameter(name=name.lower(), type=self.types.get(name, "text"), value=self.values.get(name, "")[:2000])
            for name in self.asked_for
            if name == name.lower()
        )

    def write(self, text: str) -> None:
        """Put another text into the editor; the rows of the old one go."""
        self.text = text
        self.stamp += 1
        self.result, self.error, self.plan = None, "", ""


class Desk:
    """The tabs of one reader, one of them in front. There is always one."""

    def __init__(self, text: str) -> None:
        self._next = 1
        self.tabs: list[Tab] = []
        self.front = self.add(text)

    def add(self, text: str) -> Tab:
        """Open a tab and bring it to the front; the oldest closes where there are too many."""
        tab = Tab(self._next, text)
        self._next += 1
        self.tabs.append(tab)
        if len(self.tabs) > MOST_TABS:
            self.close(self.tabs[0])
        self.front = tab
        return tab

    def open(self, query: SavedQuery) -> Tab:
        """Open a saved query, or bring its tab to the front if it is open in this version."""
        for tab in self.tabs:
            if tab.saved is not None and (tab.saved.id, tab.saved.number) == (query.id, query.number):
                self.front = tab
                return tab
        tab = self.add(query.text)
        tab.saved = query
        tab.types = {parameter.name: parameter.type for parameter in query.parameters}
        tab.values = {parameter.name: parameter.value for parameter in query.parameters}
        return tab

    def close(self, tab: Tab) -> None:
        """Close a tab and end its query; the last one is emptied instead."""
        if tab.job is not None:
            tab.job.cancel()
        if len(self.tabs) == 1:
            tab.saved = None
            tab.write("")
            return
        place = self.tabs.index(tab)
        self.tabs.remove(tab)
        if self.front is tab:
            self.front = self.tabs[max(0, place - 1)]

    def numbered(self, number: int) -> Tab:
        """The tab with this number, or the one in front."""
        return next((tab for tab in self.tabs if tab.number == number), self.front)
