"""One ERPNext site of the tests, landed into a temporary folder; what came out is read as a run reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from fakes.erpnext import FakeErpnext
from fakes.erpnext_sample import MAPPING
from fakes.serving import serving
from unit.sources.org import HURRIED

from pipelines.landing.api_landing import land_api
from pipelines.landing.manifests import BatchManifest, read_manifests
from pipelines.landing.source_landing import SourceLanding, Surroundings
from pipelines.sources.erpnext import open_erpnext
from pipelines.sources.sign_in import FixedToken
from pipelines.sources.systems import SystemObject, all_entities, mapped_objects
from pipelines.warehouse.raw import create_raw_tables, load_batches


@dataclass
class Site:
    """A site and the folder that it is landed into. `only`: the types to read, all where left out."""

    fake: FakeErpnext
    root: Path
    only: Sequence[str] | None = None

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    @property
    def objects(self) -> tuple[SystemObject, ...]:
        (self.root / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
        found = mapped_objects("erpnext", self.root / "mapping.yaml")
        return tuple(one for one in found if self.only is None or one.name in self.only)

    def land(self, key: str | None = None, **around: Any) -> SourceLanding:
        """One landing of a run that starts when the server's clock says so."""
        around = {"clock": lambda: self.fake.now, **around}
        with serving(self.fake) as address:
            sign_in = FixedToken(key or self.fake.key, scheme="token")
            opened = open_erpnext(sign_in, address=address, time_zone=self.fake.zone, patience=HURRIED)
            return land_api("erp", opened, self.objects, self.landing, around=Surroundings(**around))

    def batches(self, entity: str) -> list[BatchManifest]:
        return [batch for batch in read_manifests(self.landing, "erp") if batch.entity == entity]

    def rows(self, entity: str, columns: str, *, where: str = "true") -> list[tuple[Any, ...]]:
        """Rows of a raw table as a new warehouse has them."""
        with duckdb.connect() as connection:
            wanted = {entity: all_entities()[entity]}
            create_raw_tables(connection, wanted.values())
            load_batches(connection, self.batches(entity), entities=wanted)
            return connection.execute(f"select {columns} from raw.{entity} where {where} order by all").fetchall()
