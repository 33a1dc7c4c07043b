"""The bytes of every mail that was written, kept by their hash: a report can be opened again exactly as it went out.

What is the same for all recipients is kept once; each one's headers stand with the delivery in `store`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from company.versions import write_bytes


class ArchiveError(Exception):
    """A mail's bytes are missing or damaged. What went out is not known any more."""


@dataclass(frozen=True, slots=True)
class Archive:
    """A folder of contents, each under its SHA-256."""

    folder: Path

    def put(self, content: bytes) -> str:
        """Keep the content, durably; the same content is kept once."""
        name = hashlib.sha256(content).hexdigest()
        path = self._path(name)
        if not path.is_file():
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_bytes(path, content)
        return name

    def get(self, name: str) -> bytes:
        """The content of a hash. Raises ArchiveError where it is missing or not what it was."""
        path = self._path(name)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ArchiveError(f"{path}: the bytes of this mail cannot be read: {error.strerror}") from error
        if hashlib.sha256(content).hexdigest() != name:
            raise ArchiveError(f"{path}: the bytes of this mail are damaged; restore the file from a backup")
        return content

    def _path(self, name: str) -> Path:
        return self.folder / name[:2] / f"{name}.mime"
