"""Where things lie in the data folder. Paths only: nothing here creates, reads or deletes a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DataFolder:
    """One company's data folder. `root` is absolute; every part is a property so that no path is spelt twice."""

    root: Path

    @property
    def landing(self) -> Path:
        """Immutable batches: landing/<source>/<entity>/<batch>/. Back up."""
        return self.root / "landing"

    @property
    def history(self) -> Path:
        """Frozen metrics of each published version, one Parquet file per version. Back up."""
        return self.root / "history"

    @property
    def warehouse(self) -> Path:
        """The current version's build.duckdb and marts.duckdb in a folder named after it. Rebuilt from landing."""
        return self.root / "warehouse"

    @property
    def run_copies(self) -> Path:
        """The databases of the run that is going on. A constant path: dbt parses again when its path changes."""
        return self.warehouse / "run"

    @property
    def published(self) -> Path:
        """published/<version>/ and the pointer file published/current."""
        return self.root / "published"

    @property
    def runs(self) -> Path:
        """One JSON record per run."""
        return self.root / "runs"

    @property
    def app(self) -> Path:
        """app.sqlite: users, audit, saved queries, mail states. Back up."""
        return self.root / "app"

    @property
    def mails(self) -> Path:
        """The bytes of every mail that was written, by their hash. Part of `app`: back up."""
        return self.app / "mails"

    @property
    def secrets(self) -> Path:
        """Rotating tokens, one file of mode 0600 per connection. Back up."""
        return self.root / "secrets"

    @property
    def dagster(self) -> Path:
        """The Dagster instance: run and event history."""
        return self.root / "dagster"

    @property
    def dev(self) -> Path:
        """The databases of a plain `dbt build`."""
        return self.root / "dev"

    @property
    def outbox(self) -> Path:
        """Mails written as files when no mail server is configured."""
        return self.root / "outbox"

    @property
    def lock(self) -> Path:
        """The one-writer lock. Every entry point that writes takes it."""
        return self.root / "write.lock"

    @property
    def pointer(self) -> Path:
        """The file that names the current version."""
        return self.published / "current"

    def version(self, version: str) -> Path:
        """The folder of one published version."""
        return self.published / version

    def marts(self, version: str) -> Path:
        """The whole marts database of one published version (mode 0600)."""
        return self.version(version) / "marts.duckdb"

    def profile(self, version: str, profile_hash: str) -> Path:
        """The marts database of one access profile of one published version."""
        return self.version(version) / "profiles" / f"{profile_hash}.duckdb"
