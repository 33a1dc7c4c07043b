"""One Salesforce org of the tests, landed into a temporary folder; what came out is read as a run reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
from fakes.salesforce import FakeSalesforce
from fakes.salesforce_sample import MAPPING
from fakes.serving import serving

from pipelines.landing.api_landing import land_api
from pipelines.landing.manifests import BatchManifest, read_manifests
from pipelines.landing.source_landing import SourceLanding, Surroundings
from pipelines.sources.http import Patience
from pipelines.sources.salesforce import open_salesforce
from pipelines.sources.sign_in import ClientCredentials, SignIn
from pipelines.sources.systems import SystemObject, all_entities, mapped_objects
from pipelines.warehouse.raw import create_raw_tables, load_batches

#: Nobody waits in a test; what is waited for is counted.
HURRIED = Patience(timeout=0.3, attempts=4, first_wait=0.001, longest_wait=0.001)


@dataclass
class Org:
    """An org and the folder that it is landed into. `only`: the objects to read, all where left out."""

    fake: FakeSalesforce
    root: Path
    only: Sequence[str] | None = None
    patience: Patience = HURRIED
    reader: Mapping[str, Any] = field(default_factory=dict)

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    @property
    def objects(self) -> tuple[SystemObject, ...]:
        (self.root / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
        found = mapped_objects("salesforce", self.root / "mapping.yaml")
        return tuple(one for one in found if self.only is None or one.name in self.only)

    def land(self, sign_in: SignIn | None = None, **around: Any) -> SourceLanding:
        """One landing of a run that starts when the org's clock says so."""
        around = {"clock": lambda: self.fake.now, **around}
        with serving(self.fake) as address:
            by = sign_in or self.sign_in(address)
            opened = open_salesforce(by, address=address, version="v67.0", patience=self.patience, **self.reader)
            return land_api("crm", opened, self.objects, self.landing, around=Surroundings(**around))

    def sign_in(self, address: str) -> ClientCredentials:
        return ClientCredentials(f"{address}/services/oauth2/token", *self.fake.client)

    def batches(self, entity: str) -> list[BatchManifest]:
        return [batch for batch in read_manifests(self.landing, "crm") if batch.entity == entity]

    def rows(self, entity: str, columns: str, *, where: str = "not is_deleted") -> list[tuple[Any, ...]]:
        """Rows of a raw table as a new warehouse has them."""
        with duckdb.connect() as connection:
            wanted = {entity: all_entities()[entity]}
            create_raw_tables(connection, wanted.values())
            load_batches(connection, self.batches(entity), entities=wanted)
            return connection.execute(f"select {columns} from raw.{entity} where {where} order by all").fetchall()


def moment(hour: int, minute: int = 0) -> datetime:
    """A moment of the day of the tests, UTC."""
    return datetime(2026, 7, 1, hour, minute, tzinfo=UTC)
