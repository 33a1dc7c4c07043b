"""What plumbline.yaml may say of one source, by its kind. Values only: no folder is looked at and no server asked.

Belongs here: the fields of each kind of source. Does not: what a kind's rows are (pipelines/sources).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator

from company.faults import Allowed
from company.setting_types import Hours, Part, Text, TimeZone, Whole

MappingPath = Annotated[
    Path | None, Allowed("the path of a mapping file; left out, the documented tables of docs/sources/contract.md")
]


class _Source(Part):
    """What every kind of source has.

    `ids_of`: another source whose ids and codes the rows speak of, such as a budget in a workbook beside the ERP.
    """

    fresh_within_hours: Hours = 36.0
    ids_of: Annotated[str | None, Allowed("the name of another source")] = None

    @property
    def read_files(self) -> tuple[Path, ...]:
        """Files of the company that say how the source is read: its numbers depend on them."""
        return ()

    def located(self, place: Callable[[Path], Path]) -> Self:
        """The same source with its paths resolved by `place`."""
        del place
        return self

    @property
    def fingerprint(self) -> bytes:
        """What the source's numbers depend on besides its rows. No secret and no address is part of it."""
        digest = hashlib.sha256(f"{self.fresh_within_hours}\0".encode())
        for path in self.read_files:
            digest.update(path.read_bytes() if path.is_file() else b"")
        return digest.digest()


class _MappedSource(_Source):
    """Files or tables. `mapping` None: they are named and shaped as the contract says."""

    mapping: MappingPath = None

    @property
    def read_files(self) -> tuple[Path, ...]:
        return () if self.mapping is None else (self.mapping,)

    def located(self, place: Callable[[Path], Path]) -> Self:
        return self if self.mapping is None else self.model_copy(update={"mapping": place(self.mapping)})


class FileSource(_MappedSource):
    """A folder of files."""

    kind: Annotated[Literal["files"], Allowed("files")]
    folder: Annotated[Path, Allowed("a folder path")]

    def located(self, place: Callable[[Path], Path]) -> Self:
        return super().located(place).model_copy(update={"folder": place(self.folder)})


class PostgresqlSource(_MappedSource):
    """Tables and views of one schema of a PostgreSQL database, read in one snapshot."""

    kind: Annotated[Literal["postgresql"], Allowed("postgresql")]
    connection: Annotated[
        SecretStr, Allowed('an address such as "postgresql://reader:${DB_PASSWORD}@db.example.com:5432/erp"')
    ]
    schema_name: Annotated[str, Field(min_length=1), Allowed("the name of a schema")] = "public"


#: A system's address: encrypted, or on this machine.
Address = Annotated[str, Field(pattern=r"^(https://[^/\s]+|http://(127\.0\.0\.1|localhost)(:\d+)?)$")]
Secret = Annotated[SecretStr, Allowed("text, best as ${NAME}")]


class ApiSource(_Source):
    """A system asked by its API. `mapping` names the company's own fields for what the system has no field for."""

    kind: str
    mapping: Annotated[Path | None, Allowed("the path of a mapping file of objects and fields")] = None

    @property
    def read_files(self) -> tuple[Path, ...]:
        return () if self.mapping is None else (self.mapping,)

    @property
    def constants(self) -> Mapping[str, str]:
        """What the settings say in place of a field that no record has, by the field's name."""
        return {}

    def located(self, place: Callable[[Path], Path]) -> Self:
        return self if self.mapping is None else self.model_copy(update={"mapping": place(self.mapping)})


class SalesforceSource(ApiSource):
    """One Salesforce org. Signs in as the user of an external client app, or by the consent in `refresh_token`."""

    kind: Annotated[Literal["salesforce"], Allowed("salesforce")]
    address: Annotated[Address, Allowed("the org's address such as https://acme.my.salesforce.com")]
    client_id: Text
    client_secret: Secret
    refresh_token: Secret | None = None
    api_version: Annotated[str, Field(pattern=r"^v\d+\.\d$"), Allowed("a version such as v67.0")] = "v67.0"


class HubspotSource(ApiSource):
    """One HubSpot account. `token`: of a service key or private app; else an app's consent in `refresh_token`."""

    kind: Annotated[Literal["hubspot"], Allowed("hubspot")]
    address: Annotated[Address, Allowed("an address such as https://api.hubapi.com")] = "https://api.hubapi.com"
    token: Secret | None = None
    client_id: Text | None = None
    client_secret: Secret | None = None
    refresh_token: Secret | None = None
    api_version: Annotated[str, Field(pattern=r"^(v3|20\d\d-\d\d)$"), Allowed("v3 or a version such as 2026-09")] = (
        "2026-09"
    )

    @model_validator(mode="after")
    def _signs_in_one_way(self) -> Self:
        by_app = (self.client_id, self.client_secret, self.refresh_token)
        given = [part is not None for part in by_app]
        if (self.token is not None and any(given)) or (self.token is None and not all(given)):
            raise ValueError(
                "found no single way to sign in; allowed: token, or client_id, client_secret and refresh_token together"
            )
        return self


class NetsuiteSource(ApiSource):
    """One NetSuite account. Signs in by a certificate; the key is in the environment or in a file of its own.

    `time_zone` is the one in the preferences of the integration's user: NetSuite stamps changes in it.
    """

    kind: Annotated[Literal["netsuite"], Allowed("netsuite")]
    address: Annotated[Address, Allowed("the account's address such as https://1234567.suitetalk.api.netsuite.com")]
    client_id: Text
    certificate_id: Text
    private_key: Secret | None = None
    private_key_file: Annotated[Path | None, Allowed("the path of a PEM file")] = None
    time_zone: TimeZone
    accounting_book: Whole = 1

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        if (self.private_key is None) == (self.private_key_file is None):
            found = "neither" if self.private_key is None else "both"
            raise ValueError(f"found {found} of private_key and private_key_file; allowed: one of them")
        return self

    def located(self, place: Callable[[Path], Path]) -> Self:
        located = super().located(place)
        if located.private_key_file is None:
            return located
        return located.model_copy(update={"private_key_file": place(located.private_key_file)})


class ErpnextSource(ApiSource):
    """One ERPNext site. Signs in by the API key of a user. `time_zone`: the site's, in which it stamps changes."""

    kind: Annotated[Literal["erpnext"], Allowed("erpnext")]
    address: Annotated[Address, Allowed("the site's address such as https://erp.acme.com")]
    api_key: Text
    api_secret: Secret
    time_zone: TimeZone


class OdooSource(ApiSource):
    """One Odoo database. `user`: up to Odoo 18, which is asked by JSON-RPC; from 19 on the key alone says who asks."""

    kind: Annotated[Literal["odoo"], Allowed("odoo")]
    address: Annotated[Address, Allowed("the server's address such as https://acme.odoo.com")]
    database: Text
    api_key: Secret
    user: Text | None = None


class QuickbooksSource(ApiSource):
    """One company file of QuickBooks Online: one legal entity of the company. Signs in by a person's consent."""

    kind: Annotated[Literal["quickbooks"], Allowed("quickbooks")]
    realm_id: Annotated[str, Field(pattern=r"^\d+$"), Allowed("the company file's id, digits in quotes")]
    legal_entity: Annotated[str, Field(min_length=1), Allowed("the id of one of company.entities")]
    client_id: Text
    client_secret: Secret
    refresh_token: Secret
    address: Annotated[Address, Allowed("an address such as https://quickbooks.api.intuit.com")] = (
        "https://quickbooks.api.intuit.com"
    )
    sign_in_address: Annotated[Address, Allowed("an address such as https://oauth.platform.intuit.com")] = (
        "https://oauth.platform.intuit.com"
    )

    @property
    def constants(self) -> Mapping[str, str]:
        return {"LegalEntity": self.legal_entity}


Source = Annotated[
    FileSource
    | PostgresqlSource
    | SalesforceSource
    | HubspotSource
    | NetsuiteSource
    | ErpnextSource
    | OdooSource
    | QuickbooksSource,
    Field(discriminator="kind"),
    Allowed("a mapping with kind: files, postgresql, salesforce, hubspot, netsuite, erpnext, odoo or quickbooks"),
]
"""One instance of a source system. Its key in plumbline.yaml is the `source_system` of every row it gives."""
