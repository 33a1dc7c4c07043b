"""One company file of the tests, landed into a temporary folder; what came out is read as a run reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from fakes.quickbooks import TOKEN, FakeQuickbooks
from fakes.quickbooks_sample import MAPPING
from fakes.serving import serving
from unit.sources.org import HURRIED

from pipelines.landing.api_landing import land_api
from pipelines.landing.manifests import BatchManifest, read_manifests
from pipelines.landing.source_landing import SourceLanding, Surroundings
from pipelines.sources.http import Patience
from pipelines.sources.quickbooks import open_quickbooks
from pipelines.sources.sign_in import RefreshToken
from pipelines.sources.systems import SystemObject, all_entities, mapped_objects
from pipelines.sources.tokens import TokenStore
from pipelines.warehouse.raw import create_raw_tables, load_batches


@dataclass
class QuickbooksFile:
    """A company file and the folder that it is landed into. `only`: the objects to read, all where left out."""

    fake: FakeQuickbooks
    root: Path
    source: str = "erp"
    legal_entity: str = "FI01"
    only: Sequence[str] | None = None
    patience: Patience = HURRIED
    reader: Mapping[str, Any] = field(default_factory=dict)

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    @property
    def tokens(self) -> TokenStore:
        return TokenStore(self.root / "secrets" / f"{self.source}.json", "refresh-0")

    @property
    def objects(self) -> tuple[SystemObject, ...]:
        (self.root / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
        found = mapped_objects("quickbooks", self.root / "mapping.yaml", {"LegalEntity": self.legal_entity})
        return tuple(one for one in found if self.only is None or one.name in self.only)

    def land(self, **around: Any) -> SourceLanding:
        """One landing of a run that starts when the company file's clock says so."""
        around = {"clock": lambda: self.fake.now, **around}
        with serving(self.fake) as address:
            opened = open_quickbooks(
                self.sign_in(address), address=address, realm_id=self.fake.realm, patience=self.patience, **self.reader
            )
            return land_api(self.source, opened, self.objects, self.landing, around=Surroundings(**around))

    def sign_in(self, address: str) -> RefreshToken:
        return RefreshToken(f"{address}{TOKEN}", *self.fake.client, self.tokens, by_header=True)

    def batches(self, entity: str) -> list[BatchManifest]:
        return [batch for batch in read_manifests(self.landing, self.source) if batch.entity == entity]

    def rows(self, entity: str, columns: str) -> list[tuple[Any, ...]]:
        """Rows of a raw table as a new warehouse has them."""
        with duckdb.connect() as connection:
            wanted = {entity: all_entities()[entity]}
            create_raw_tables(connection, wanted.values())
            load_batches(connection, self.batches(entity), entities=wanted)
            return connection.execute(f"select {columns} from raw.{entity} order by all").fetchall()
