"""Refresh tokens that change as they are used: kept on disk before anything is done with them, one caller at a time.

Belongs here: the file of one connection under data/secrets, and its lock. A token that was used and lost locks the
company out until somebody signs in again by hand.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from company.versions import sync_folder


@dataclass(frozen=True, slots=True)
class TokenStore:
    """The current refresh token of one connection: `first`, as a person configured it, until the system gives another.

    A person who configures another first token starts anew: what was kept for the old one is not used.
    """

    path: Path
    first: str

    @contextmanager
    def held(self) -> Iterator[None]:
        """One process at a time refreshes: two that use the same token at once would each invalidate the other's."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(self.path.with_suffix(".lock"), timeout=120, mode=0o600):
            yield

    def current(self) -> str:
        """The token to use now. Call it with the store held."""
        try:
            kept = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return self.first
        return str(kept["refresh_token"]) if kept["first"] == self._mark else self.first

    def keep(self, token: str) -> None:
        """Make a new token durable, readable by its owner alone. Only then may what came with it be used."""
        partial = self.path.with_suffix(f".{os.getpid()}")
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"first": self._mark, "refresh_token": token}, file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self.path)
        sync_folder(self.path.parent)

    @property
    def _mark(self) -> str:
        return hashlib.sha256(self.first.encode()).hexdigest()
