"""One signed-in conversation per kind of system: what its settings in plumbline.yaml say, given to its client.

Belongs here: which client a kind has, and how its settings become its sign-in. Clients take plain arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from company.source_settings import (
    ApiSource,
    ErpnextSource,
    HubspotSource,
    NetsuiteSource,
    OdooSource,
    QuickbooksSource,
    SalesforceSource,
)
from pipelines.sources.api import OpenedReader
from pipelines.sources.errors import ConnectionFailedError
from pipelines.sources.sign_in import ClientAssertion, ClientCredentials, FixedToken, RefreshToken, SignIn
from pipelines.sources.tokens import TokenStore


def open_reader(name: str, source: ApiSource, secrets: Path) -> OpenedReader:
    """The reader of one source. `secrets`: the folder in which rotating tokens are kept."""
    return _READERS[source.kind](name, source, secrets)


def _salesforce(name: str, source: SalesforceSource, secrets: Path) -> OpenedReader:
    from pipelines.sources.salesforce import open_salesforce  # noqa: PLC0415 - only who has one pays for it

    token_url = f"{source.address}/services/oauth2/token"
    secret = source.client_secret.get_secret_value()
    sign_in: SignIn = ClientCredentials(token_url, source.client_id, secret)
    if source.refresh_token is not None:
        store = TokenStore(secrets / f"{name}.json", source.refresh_token.get_secret_value())
        sign_in = RefreshToken(token_url, source.client_id, secret, store)
    return open_salesforce(sign_in, address=source.address, version=source.api_version)


def _hubspot(name: str, source: HubspotSource, secrets: Path) -> OpenedReader:
    from pipelines.sources.hubspot import open_hubspot  # noqa: PLC0415 - only who has one pays for it

    if source.token is not None:
        sign_in: SignIn = FixedToken(source.token.get_secret_value())
    else:
        assert source.client_secret is not None  # noqa: S101 - the settings say all three or the token
        assert source.refresh_token is not None  # noqa: S101
        store = TokenStore(secrets / f"{name}.json", source.refresh_token.get_secret_value())
        sign_in = RefreshToken(
            f"{source.address}/oauth/{source.api_version}/token",
            str(source.client_id),
            source.client_secret.get_secret_value(),
            store,
        )
    return open_hubspot(sign_in, address=source.address, version=source.api_version)


def _netsuite(name: str, source: NetsuiteSource, secrets: Path) -> OpenedReader:
    del secrets
    from pipelines.sources.netsuite import SCOPE, TOKEN_PATH, open_netsuite  # noqa: PLC0415 - only who has one pays for it

    if source.private_key is not None:
        key = source.private_key.get_secret_value()
    else:
        try:
            key = Path(str(source.private_key_file)).read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise ConnectionFailedError(f"sources.{name}.private_key_file: cannot be read: {error}") from None
    sign_in = ClientAssertion(f"{source.address}{TOKEN_PATH}", source.client_id, source.certificate_id, key, (SCOPE,))
    return open_netsuite(
        sign_in, address=source.address, time_zone=source.time_zone, accounting_book=source.accounting_book
    )


def _erpnext(_name: str, source: ErpnextSource, _secrets: Path) -> OpenedReader:
    from pipelines.sources.erpnext import open_erpnext  # noqa: PLC0415 - only who has one pays for it

    sign_in = FixedToken(f"{source.api_key}:{source.api_secret.get_secret_value()}", scheme="token")
    return open_erpnext(sign_in, address=source.address, time_zone=source.time_zone)


def _odoo(_name: str, source: OdooSource, _secrets: Path) -> OpenedReader:
    from pipelines.sources.odoo import open_odoo  # noqa: PLC0415 - only who has one pays for it

    key = source.api_key.get_secret_value()
    return open_odoo(key, address=source.address, database=source.database, user=source.user)


def _quickbooks(name: str, source: QuickbooksSource, secrets: Path) -> OpenedReader:
    from pipelines.sources.quickbooks import TOKEN_PATH, open_quickbooks  # noqa: PLC0415 - only who has one pays for it

    sign_in = RefreshToken(
        f"{source.sign_in_address}{TOKEN_PATH}",
        source.client_id,
        source.client_secret.get_secret_value(),
        TokenStore(secrets / f"{name}.json", source.refresh_token.get_secret_value()),
        by_header=True,
    )
    return open_quickbooks(sign_in, address=source.address, realm_id=source.realm_id)


_READERS: Mapping[str, Callable[[str, Any, Path], OpenedReader]] = {
    "salesforce": _salesforce,
    "hubspot": _hubspot,
    "netsuite": _netsuite,
    "erpnext": _erpnext,
    "odoo": _odoo,
    "quickbooks": _quickbooks,
}
