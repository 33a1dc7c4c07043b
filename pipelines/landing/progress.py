"""What landing tells while it works, and the named steps at which a test may stop it.

Belongs here: the two callbacks and what they are told. Drawing a progress bar is the caller's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

#: The steps of landing one file, in order. A kill at any of them leaves nothing but an open folder.
STEPS = ("opened", "original_kept", "part_written", "quarantine_written", "manifest_written", "renamed")

#: Called with the name of each step as it ends.
Checkpoint = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class LandingProgress:
    """One moment of landing: which source and file, what is being done, how far of how much (None: not known)."""

    source: str
    file_name: str
    doing: str
    done: int
    of: int | None


OnProgress = Callable[[LandingProgress], None]


def silent(_: LandingProgress) -> None:
    """For callers that show no progress."""


def passing(_: str) -> None:
    """For callers that stop nowhere."""
