"""How a kind of section joins the registry, and what each is given to work with. The kinds themselves are beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from company.mailing import ReportSection
from dashboards.reading import Reading
from dashboards.reports.content import Section


@dataclass(frozen=True, slots=True)
class Firing:
    """An alert that is not at rest, as a report names it."""

    title: str
    state: str
    since: datetime
    detail: str
    member: str = "all"


@dataclass(frozen=True, slots=True)
class Brief:
    """What a section is written from: the reading, what the report asked for, and what happened around it."""

    reading: Reading
    asked: ReportSection
    previous_at: datetime | None = None
    """When the report last went out for an earlier period; None where it never did."""
    firing: tuple[Firing, ...] = ()

    def title(self, default: str | None = None) -> str:
        """What the section is called: as the report says, else `default`, else its kind's own title."""
        return self.reading.display.say(self.asked.title or default or KINDS[self.asked.kind].title)

    def rows(self, default: int) -> int:
        return self.asked.rows or default

    def metrics(self, *default: str) -> tuple[str, ...]:
        return self.asked.metrics or default


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: its name in plumbline.yaml, a line on what it shows, and the function that writes it."""

    name: str
    title: str
    about: str
    write: Callable[[Brief], Section]


KINDS: dict[str, Kind] = {}


def kind(title: str) -> Callable[[Callable[[Brief], Section]], Callable[[Brief], Section]]:
    """Register a function as the kind of its name; the first line of its docstring says what it shows."""

    def register(write: Callable[[Brief], Section]) -> Callable[[Brief], Section]:
        about = (write.__doc__ or "").strip().splitlines()[0]
        KINDS[write.__name__] = Kind(write.__name__, title, about, write)
        return write

    return register
