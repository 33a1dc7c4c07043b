"""One signed-in conversation per kind of system: what its settings in plumbline.yaml say, given to its client.

Belongs here: which client a kind has, and how its settings become its sign-in. Clients take plain arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from company.source_settings import ApiSource, HubspotSource, SalesforceSource
from pipelines.sources.api import OpenedReader
from pipelines.sources.sign_in import ClientCredentials, FixedToken, RefreshToken, SignIn
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


_READERS: Mapping[str, Callable[[str, Any, Path], OpenedReader]] = {"salesforce": _salesforce, "hubspot": _hubspot}
