"""One Odoo database of the tests, landed into a temporary folder; what came out is read as a run reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from fakes.odoo import FakeOdoo
from fakes.odoo_sample import MAPPING
from fakes.serving import serving
from unit.sources.org import HURRIED

from pipelines.landing.api_landing import land_api
from pipelines.landing.manifests import BatchManifest, read_manifests
from pipelines.landing.source_landing import SourceLanding, Surroundings
from pipelines.sources.api import OpenedReader
from pipelines.sources.http import Patience
from pipelines.sources.odoo import open_odoo
from pipelines.sources.systems import SystemObject, all_entities, mapped_objects
from pipelines.warehouse.raw import create_raw_tables, load_batches


@dataclass
class Database:
    """A database and the folder that it is landed into. `only`: the models to read, all where left out.

    `source`: its name in the settings; `mapping`: the company's mapping file.
    """

    fake: FakeOdoo
    root: Path
    only: Sequence[str] | None = None
    page: int = 1000
    patience: Patience = HURRIED
    source: str = "erp"
    mapping: str = MAPPING

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    @property
    def objects(self) -> tuple[SystemObject, ...]:
        (self.root / "mapping.yaml").write_text(self.mapping, encoding="utf-8")
        found = mapped_objects("odoo", self.root / "mapping.yaml")
        return tuple(one for one in found if self.only is None or one.name in self.only)

    def opened(self, address: str, key: str | None = None) -> OpenedReader:
        """By JSON-2 where the server has it."""
        return open_odoo(
            key or self.fake.key,
            address=address,
            database=self.fake.database,
            user=None if self.fake.version >= 19 else self.fake.user,
            patience=self.patience,
            page=self.page,
        )

    def land(self, key: str | None = None, **around: Any) -> SourceLanding:
        """One landing of a run that starts when the database's clock says so."""
        around = {"clock": lambda: self.fake.now, **around}
        with serving(self.fake) as address:
            opened = self.opened(address, key)
            return land_api(self.source, opened, self.objects, self.landing, around=Surroundings(**around))

    def batches(self, entity: str) -> list[BatchManifest]:
        return [batch for batch in read_manifests(self.landing, self.source) if batch.entity == entity]

    def rows(self, entity: str, columns: str) -> list[tuple[Any, ...]]:
        """Rows of a raw table as a new warehouse has them."""
        with duckdb.connect() as connection:
            wanted = {entity: all_entities()[entity]}
            create_raw_tables(connection, wanted.values())
            load_batches(connection, self.batches(entity), entities=wanted)
            return connection.execute(f"select {columns} from raw.{entity} order by all").fetchall()
