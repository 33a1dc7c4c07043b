"""Addresses that a mail leads to: a page with its filters, the Reports page at the report, the way out of it.

Empty where plumbline.yaml does not say where the dashboards are.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from itsdangerous import BadData, URLSafeSerializer

from company.settings import Settings
from dashboards.access.sessions import signing_key
from dashboards.filters import COMPARISONS, DIMENSIONS, PERIODS, Filters

UNSUBSCRIBE = "/unsubscribe"
_LONGEST_TOKEN = 1000


@dataclass(frozen=True, slots=True)
class WayOut:
    """Where a recipient ends a report. `is_one_click`: a mail program may do it, with no session (RFC 8058)."""

    address: str
    is_one_click: bool


def way_out(settings: Settings, name: str, recipient: str | None) -> WayOut | None:
    """The signed link of one recipient and report where the pages are served by https; else the Reports page.

    A mail program calls the link when its reader presses "unsubscribe", so it carries its own right: to end this one
    report for this one address, and nothing more. It has no end: a mail may be years old when it is left.
    """
    sign_in = settings.sign_in
    if sign_in is not None and recipient is not None and sign_in.address.startswith("https://"):
        token = _serializer(settings).dumps([name, recipient.strip().lower()])
        return WayOut(f"{sign_in.address.rstrip('/')}{UNSUBSCRIBE}?{urlencode([('token', token)])}", is_one_click=True)
    page = report_page(settings, name)
    return None if page is None else WayOut(page, is_one_click=False)


def read_way_out(settings: Settings, token: str) -> tuple[str, str] | None:
    """Report and recipient of a link of ours; None for anything else."""
    if settings.sign_in is None or len(token) > _LONGEST_TOKEN:
        return None
    try:
        name, recipient = _serializer(settings).loads(token)
    except (BadData, ValueError, TypeError):
        return None
    return str(name), str(recipient)


def _serializer(settings: Settings) -> URLSafeSerializer:
    if settings.sign_in is None:
        raise ValueError("without `sign_in` there is nothing to sign with")
    return URLSafeSerializer(signing_key(settings.folders, settings.sign_in), salt=UNSUBSCRIBE)


def report_page(settings: Settings, name: str) -> str | None:
    """The Reports page at a report, where its reader subscribes and unsubscribes."""
    return None if settings.url is None else f"{settings.url.rstrip('/')}/reports?{urlencode([('report', name)])}"


def dashboards_link(settings: Settings, filters: Filters) -> str | None:
    """The first page that opens with the same period, comparison and members."""
    if settings.url is None:
        return None
    values: list[tuple[str, str]] = [
        # The pages keep the words of a choice in their address, not its key, and the names of members, not their ids.
        ("period", PERIODS[filters.period]),
        ("compare", COMPARISONS[filters.comparison]),
    ]
    values += [
        (DIMENSIONS[name].key, filters.names.get(name, {}).get(value, value))
        for name, found in filters.where.items()
        if name in DIMENSIONS
        for value in found
    ]
    return f"{settings.url.rstrip('/')}/?{urlencode(values)}"
