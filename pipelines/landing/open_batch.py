"""A batch that is still being read from a system: its pages as received, and how far reading has come.

Belongs here: the folder of an open batch and its progress.json. A page counts once progress.json names it; a run that
is killed goes on behind the last one. Does not: making rows of pages (api_landing).
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from company.versions import sync_folder, write_json
from pipelines.sources.http import json_line

PROGRESS = "progress.json"
_COPY = 1 << 20


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    rows: int
    bytes: int
    sha256: str


class Progress(BaseModel):
    """How far reading has come. `token`: where the next page starts. `is_whole`: there is no next page."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["full", "delta", "ids"]
    schema_hash: str
    lower: datetime | None
    upper: datetime
    token: str | None = None
    total: int | None = None
    is_whole: bool = False
    parts: tuple[_Part, ...] = ()

    @property
    def rows(self) -> int:
        """Records read so far."""
        return sum(part.rows for part in self.parts)


@dataclass(slots=True)
class OpenBatch:
    """One open batch. What is on disk is never ahead of `progress` in anything that counts."""

    folder: Path
    progress: Progress

    @classmethod
    def begin(cls, folder: Path, progress: Progress) -> OpenBatch:
        """An empty one; whatever lay there is gone."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        batch = cls(folder, progress)
        batch._save(progress)
        return batch

    @classmethod
    def resume(cls, folder: Path, schema_hash: str) -> OpenBatch | None:
        """The one that a killed or exhausted run left, None where there is none to go on with.

        What cannot be trusted is read again: nothing of an open batch was ever counted.
        """
        try:
            progress = Progress.model_validate_json((folder / PROGRESS).read_bytes())
        except (OSError, ValidationError):
            return None
        if progress.schema_hash != schema_hash or not all(_is_intact(folder, part) for part in progress.parts):
            return None
        return cls(folder, progress)

    def add(self, records: Iterable[Mapping[str, Any]], *, token: str | None, total: int | None) -> None:
        """Make a page durable, then say that it counts."""
        name = f"page-{len(self.progress.parts):05d}.jsonl"
        digest, rows, size = hashlib.sha256(), 0, 0
        with (self.folder / name).open("wb") as file:
            for record in records:
                line = json_line(record)
                digest.update(line)
                file.write(line)
                rows, size = rows + 1, size + len(line)
            file.flush()
            os.fsync(file.fileno())
        part = _Part(name=name, rows=rows, bytes=size, sha256=digest.hexdigest())
        self._save(
            self.progress.model_copy(
                update={
                    "parts": (*self.progress.parts, part),
                    "token": token,
                    "total": total,
                    "is_whole": token is None,
                }
            )
        )

    def join(self, target: Path) -> None:
        """All pages as one file, in their order."""
        with target.open("wb") as writing:
            for part in self.progress.parts:
                with (self.folder / part.name).open("rb") as reading:
                    shutil.copyfileobj(reading, writing, _COPY)

    def discard(self) -> None:
        """Forget it: it has become a batch, or can become none."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _save(self, progress: Progress) -> None:
        write_json(self.folder / PROGRESS, progress)
        sync_folder(self.folder)
        self.progress = progress


def _is_intact(folder: Path, part: _Part) -> bool:
    try:
        with (folder / part.name).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == part.sha256
    except OSError:
        return False
