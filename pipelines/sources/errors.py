"""The errors of `pipelines.sources`, in the words of the person whose files they are."""

from __future__ import annotations


class SourceError(Exception):
    """A source cannot be read as asked. Nothing was landed by the call that raised it."""


class MappingError(SourceError):
    """A mapping file is wrong. One line per fault, each naming file, line and key; no file of the source was read."""


class SourceFolderError(SourceError):
    """A source's folder is missing or cannot be listed. What was landed from it before still stands."""


class ConnectionFailedError(SourceError):
    """A system cannot be reached or does not let us in. Nothing was read; what was landed before still stands."""


class SourceReadError(SourceError):
    """A system answered, and not with what can be relied on. What was landed before still stands."""


class RefusedFileError(SourceError):
    """One file cannot be used as a whole. `reason` is a quarantine reason; every other file is unharmed."""

    def __init__(self, message: str, *, reason: str = "refused_file", column: str | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.column = column


class UnreadableFileError(RefusedFileError):
    """One file cannot be opened at all. It is tried again by every run: permissions change without a trace in it."""


class UnsettledFileError(SourceError):
    """A file changed while it was being read: it is still being written. The next run looks at it again."""
