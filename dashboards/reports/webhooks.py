"""Posting an alert to a webhook: only to hosts that plumbline.yaml allows, and never to where they do not belong.

One request per message, no redirect followed, the address that was checked is the address that is connected to.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from company.mailing import Webhook
from dashboards.reports.transport import Handover, Letter

PREFIX = "webhook:"
"""Recipients of this form are webhooks, by name."""
TIMEOUT_SECONDS = 15.0


class WebhookError(Exception):
    """A webhook must not be posted to. The text says why, without its address: that may hold a secret."""


@dataclass(frozen=True, slots=True)
class Webhooks:
    """The company's webhooks by name, and the hosts they may lead to."""

    known: Mapping[str, Webhook]
    allowed_hosts: tuple[str, ...]
    timeout: float = TIMEOUT_SECONDS

    def hand_over(self, letter: Letter, *, before_end: Callable[[], None]) -> Handover:
        """Post a JSON body. 2xx is sent, 429 and 5xx are tried again, all else is refused."""
        name = letter.recipient.removeprefix(PREFIX)
        try:
            if name not in self.known:
                raise WebhookError("plumbline.yaml: webhooks no longer names it")
            return self._post(self.known[name].url.get_secret_value(), letter.data, before_end)
        except WebhookError as error:
            return Handover("rejected", str(error))
        except (OSError, http.client.HTTPException) as error:
            return Handover("retry", f"the webhook cannot be reached: {type(error).__name__}")

    def _post(self, url: str, data: bytes, before_end: Callable[[], None]) -> Handover:
        parts = urlsplit(url)
        host = (parts.hostname or "").casefold()
        port = parts.port or (443 if parts.scheme == "https" else 80)
        address = checked_address(parts.scheme, host, port, self.allowed_hosts)
        plain = socket.create_connection((address, port), timeout=self.timeout)
        connection: http.client.HTTPConnection = http.client.HTTPConnection(host, port, timeout=self.timeout)
        try:
            connection.sock = plain
            if parts.scheme == "https":
                connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
            path = parts.path or "/"
            before_end()
            connection.request(
                "POST", f"{path}?{parts.query}" if parts.query else path, data, {"Content-Type": "application/json"}
            )
            try:
                status = connection.getresponse().status
            except (OSError, http.client.HTTPException) as error:
                return Handover("unknown", f"the webhook did not answer: {type(error).__name__}")
        finally:
            connection.close()
            plain.close()
        if 200 <= status < 300:
            return Handover("sent", f"HTTP {status}")
        return Handover("retry" if status == 429 or status >= 500 else "rejected", f"HTTP {status}")


def checked_address(scheme: str, host: str, port: int, allowed: tuple[str, ...]) -> str:
    """The IP address to connect to. Raises WebhookError for a host that is not allowed or leads inside.

    A host that stands in the list as an IP address is taken at its word, also without TLS when it is this machine.
    """
    if host not in {name.casefold() for name in allowed}:
        raise WebhookError("its host is not one of alerting.allowed_webhook_hosts")
    literal = _literal(host)
    if scheme != "https" and not (scheme == "http" and literal is not None and literal.is_loopback):
        raise WebhookError("its address does not begin with https://")
    if literal is not None:
        return str(literal)
    found = {entry[4][0] for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    for address in sorted(map(str, found)):
        if not ipaddress.ip_address(address.partition("%")[0]).is_global:
            raise WebhookError("its host leads to an address of this network")
    return str(sorted(map(str, found))[0])


def _literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
