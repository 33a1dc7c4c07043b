"""One NetSuite account of the tests, landed into a temporary folder; what came out is read as a run reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from fakes.netsuite import TOKEN, FakeNetsuite
from fakes.netsuite_sample import MAPPING
from fakes.serving import serving
from unit.sources.org import HURRIED

from pipelines.landing.api_landing import land_api
from pipelines.landing.manifests import BatchManifest, read_manifests
from pipelines.landing.source_landing import SourceLanding, Surroundings
from pipelines.sources.http import Patience
from pipelines.sources.netsuite import SCOPE, open_netsuite
from pipelines.sources.sign_in import ClientAssertion
from pipelines.sources.systems import SystemObject, all_entities, mapped_objects
from pipelines.warehouse.raw import create_raw_tables, load_batches


@cache
def key_pair() -> tuple[str, rsa.RSAPublicKey]:
    """A private key as PEM and its public half, made for this run of the tests."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    return pem.decode(), key.public_key()


@dataclass
class NetsuiteAccount:
    """An account and the folder that it is landed into. `only`: the objects to read, all where left out."""

    fake: FakeNetsuite
    root: Path
    only: Sequence[str] | None = None
    patience: Patience = HURRIED
    reader: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.fake.public_key = key_pair()[1]

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    @property
    def objects(self) -> tuple[SystemObject, ...]:
        (self.root / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
        found = mapped_objects("netsuite", self.root / "mapping.yaml")
        return tuple(one for one in found if self.only is None or one.name in self.only)

    def land(self, **around: Any) -> SourceLanding:
        """One landing of a run that starts when the account's clock says so."""
        around = {"clock": lambda: self.fake.now, **around}
        with serving(self.fake) as address:
            opened = open_netsuite(
                self.sign_in(address),
                address=address,
                time_zone=self.fake.zone,
                patience=self.patience,
                **{"page": self.fake.page, "ceiling": self.fake.ceiling, **self.reader},
            )
            return land_api("erp", opened, self.objects, self.landing, around=Surroundings(**around))

    def sign_in(self, address: str, key: str | None = None) -> ClientAssertion:
        return ClientAssertion(f"{address}{TOKEN}", *self.fake.client, key or key_pair()[0], (SCOPE,))

    def batches(self, entity: str) -> list[BatchManifest]:
        return [batch for batch in read_manifests(self.landing, "erp") if batch.entity == entity]

    def rows(self, entity: str, columns: str) -> list[tuple[Any, ...]]:
        """Rows of a raw table as a new warehouse has them."""
        with duckdb.connect() as connection:
            wanted = {entity: all_entities()[entity]}
            create_raw_tables(connection, wanted.values())
            load_batches(connection, self.batches(entity), entities=wanted)
            return connection.execute(f"select {columns} from raw.{entity} order by all").fetchall()
