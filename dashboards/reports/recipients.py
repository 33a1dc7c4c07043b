"""Who gets a report and what each of them may see: one audience per distinct access, language and filter.

The rules of access are `company.roles`'; here they are asked, for each attempt again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from company.errors import AccessError
from company.locale import Locale
from company.mailing import Filter, Recipients, Report
from company.roles import FULL_ACCESS, Access, User, find_user, resolve
from company.settings import Settings
from dashboards.reports.sections.registry import Firing
from dashboards.reports.subscriptions import choices


class RightLostError(Exception):
    """Nothing may be sent to this address. The text says why."""


@dataclass(frozen=True, slots=True)
class Audience:
    """All recipients who get the same bytes: `key` names them; equal keys share one rendering."""

    profile: str | None
    may_export: bool
    locale: Locale
    where: Mapping[str, tuple[str, ...]]

    @property
    def key(self) -> str:
        parts = (self.profile, self.may_export, self.locale, sorted(self.where.items()))
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def addresses(settings: Settings, recipients: Recipients) -> tuple[str, ...]:
    """Every address that the recipients stand for, roles and lists opened, each once."""
    found: dict[str, None] = {}
    for recipient in recipients:
        group, _, name = recipient.partition(":")
        if group == "role":
            people = [user.email for user in settings.users if name in user.roles]
        elif group == "list":
            people = list(settings.lists.get(name, ()))
        else:
            people = [recipient]
        found.update(dict.fromkeys(address.strip().lower() for address in people))
    return tuple(found)


def recipients_of(settings: Settings, name: str, report: Report) -> tuple[str, ...]:
    """Who gets a report on schedule: the recipients of plumbline.yaml and who subscribed, less who unsubscribed."""
    chosen = choices(settings.folders, name)
    listed = addresses(settings, report.recipients)
    joined = (address for address, is_subscribed in sorted(chosen.items()) if is_subscribed)
    return tuple(address for address in dict.fromkeys([*listed, *joined]) if chosen.get(address, True))


def audience_of(settings: Settings, report: Report, address: str) -> Audience:
    """What this address may see of a report. Raises RightLostError.

    An address that is no user has no role and so no right. Only a company that lists no users at all sends to any.
    """
    user, access = access_of(settings, address)
    return Audience(
        access.profile_hash,
        access.export,
        locale_of(settings, address, report),
        {dimension: _values(value, user, address) for dimension, value in report.filters.items()},
    )


def firing_for(alerts: tuple[Firing, ...], audience: Audience) -> tuple[Firing, ...]:
    """Alerts as an audience may read them: the numbers and names in their words are of the whole company."""
    if audience.profile is None:
        return alerts
    return tuple(replace(alert, detail="") for alert in alerts if alert.member == "all")


def attachments_for(report: Report, audience: Audience) -> tuple[str, ...]:
    """The report's attachments, without data files for those whose role may not export."""
    return tuple(name for name in report.attachments if audience.may_export or name == "pdf")


def locale_of(settings: Settings, address: str, report: Report | None = None) -> Locale:
    """The language that a person reads: their attribute `locale`, else the report's, else the company's."""
    user = next((user for user in settings.users if user.email.casefold() == address.casefold()), None)
    own = _attribute(user, "locale")
    if report is None:
        return Locale(own or settings.company.locale)
    return Locale(own or report.language or settings.company.locale, digits=report.digits, dates=report.dates)


def access_of(settings: Settings, address: str) -> tuple[User | None, Access]:
    """The user and access of an address. Raises RightLostError where it may not get mail."""
    if settings.mail is not None and not settings.mail.allows(address):
        raise RightLostError("the domain is not one of mail.allowed_domains")
    if not settings.users:
        return None, FULL_ACCESS
    try:
        user = find_user(settings, address)
        access = resolve(settings, user)
    except AccessError as error:
        raise RightLostError(str(error).partition(" (known")[0]) from None
    if not access.grants:
        raise RightLostError(f"{address} has no role in plumbline.yaml")
    return user, access


def _values(value: Filter, user: User | None, address: str) -> tuple[str, ...]:
    if not isinstance(value, str):
        return value
    if not value.startswith("user."):
        return (value,)
    attribute = value.removeprefix("user.")
    own = user.attributes.get(attribute) if user else None
    if own is None:
        raise RightLostError(f"{address} has no attribute {attribute!r}, which the report filters by")
    return (own,) if isinstance(own, str) else tuple(own)


def _attribute(user: User | None, name: str) -> str | None:
    value = user.attributes.get(name) if user else None
    return value if isinstance(value, str) else None
