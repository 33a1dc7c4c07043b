"""What landing needs of a system with an API: objects, pages of records between two moments, keys, a count.

Belongs here: the shape that every such system is brought to. One module per system fills it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from pipelines.sources.systems import SystemObject


@dataclass(frozen=True, slots=True)
class Window:
    """Records whose cursor is at `lower` or later and before `upper`. `lower` None: all records."""

    lower: datetime | None
    upper: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """One page as received. `token`: where the next one starts; None after the last. `total`: of all pages, if told."""

    records: Sequence[Mapping[str, Any]]
    token: str | None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class CheckedObject:
    """One object as `source check` shows it: how many records, and fields that are mapped and missing.

    `unmapped`: custom fields that no column is filled from. `refusal`: why nothing would be read.
    """

    name: str
    entity: str
    records: int = 0
    refusal: str = ""
    mapped: tuple[tuple[str, str], ...] = ()
    unmapped: tuple[str, ...] = ()
    missing: tuple[tuple[str, str], ...] = ()


class StalePageError(Exception):
    """A page token is no longer known to the system: the object is read from its start again."""


class ApiReader(Protocol):
    """One signed-in conversation with a system."""

    #: How far back a delta reaches behind the last one: longer than any change takes to become visible.
    overlap: timedelta

    def moment(self) -> datetime:
        """Now, by the system's clock."""

    def available(self, wanted: SystemObject) -> SystemObject | None:
        """The object with the fields that this instance has, read anew at every run; None where it has no such object.

        Raises SourceReadError where a field that may not be empty is gone.
        """

    def pages(self, wanted: SystemObject, window: Window, token: str | None) -> Iterator[Page]:
        """The records of a window, deleted ones flagged, from `token` on. Raises StalePageError."""

    def keys(self, wanted: SystemObject, token: str | None) -> Iterator[Page]:
        """Every record's key fields and nothing else, deleted ones left out where the system forgets them."""

    def count(self, wanted: SystemObject) -> int | None:
        """How many records there are by the system's own count, counted as `keys` lists them; None if it has none."""

    def check(self, wanted: SystemObject) -> CheckedObject:
        """What would be read of one object."""


OpenedReader = AbstractContextManager[ApiReader]
