"""Settings that name each other: roles of users, entities of minimums, recipients of reports, sources of sources.

Belongs here: what one part of plumbline.yaml says of another that is not there. What one setting may be stands beside
its field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from company.settings import Settings


def disagreements(settings: Settings) -> list[str]:
    """One line per fault, each with its place."""
    return [
        *_double(settings),
        *_unknown_sources(settings),
        *_unknown_roles(settings),
        *_missing_attributes(settings),
        *_unknown_minimums(settings),
        *_unknown_recipients(settings),
    ]


def _double(settings: Settings) -> list[str]:
    faults = []
    for where, names in (
        ("company.entities", [entity.id for entity in settings.company.entities]),
        ("users", [user.email.casefold() for user in settings.users]),
    ):
        faults += [f"{where}: {name!r} is given twice" for name in dict.fromkeys(names) if names.count(name) > 1]
    return faults


def _unknown_sources(settings: Settings) -> list[str]:
    """Sources that speak of the ids of a source that is not there, of themselves, or of one that does so itself."""
    faults = []
    for name, source in settings.sources.items():
        if source.ids_of is None:
            continue
        known = [other for other, one in settings.sources.items() if other != name and one.ids_of is None]
        if source.ids_of not in known:
            allowed = ", ".join(known) or "none: there is no other source"
            faults.append(f"sources.{name}.ids_of: found {source.ids_of!r}; allowed: {allowed}")
    return faults


def _unknown_minimums(settings: Settings) -> list[str]:
    known = [entity.id for entity in settings.company.entities]
    return [
        f"cash.minimum_balance.{name}: no such legal entity; allowed: {', '.join(known)}"
        for name in settings.cash.minimum_balance
        if name not in known
    ]


def _unknown_roles(settings: Settings) -> list[str]:
    allowed = ", ".join(settings.roles) or "none: `roles` is empty"
    return [
        f"users.{place}.roles: found {role!r}; allowed: {allowed}"
        for place, user in enumerate(settings.users)
        for role in user.roles
        if role not in settings.roles
    ]


def _missing_attributes(settings: Settings) -> list[str]:
    return [
        f"users.{place}.attributes.{rule.attribute}: missing; the role {role} filters rows by it"
        for place, user in enumerate(settings.users)
        for role in user.roles
        if role in settings.roles
        for rule in settings.roles[role].rows
        if rule.attribute is not None and rule.attribute not in user.attributes
    ]


def _unknown_recipients(settings: Settings) -> list[str]:
    """Roles, lists and webhooks that a report or alert names and nothing defines."""
    faults = []
    for kind, named in (("reports", settings.reports), ("alerts", settings.alerts)):
        for name, entry in named.items():
            for place, recipient in enumerate(entry.recipients):
                group, _, key = recipient.partition(":")
                if group not in {"role", "list"}:
                    continue
                known = [*(settings.roles if group == "role" else settings.lists)]
                if key not in known:
                    allowed = ", ".join(f"{group}:{choice}" for choice in known) or f"none: `{group}s` is empty"
                    faults.append(f"{kind}.{name}.recipients.{place}: found {recipient!r}; allowed: {allowed}")
    for name, alert in settings.alerts.items():
        for place, webhook in enumerate(alert.webhooks):
            if webhook not in settings.webhooks:
                allowed = ", ".join(settings.webhooks) or "none: `webhooks` is empty"
                faults.append(f"alerts.{name}.webhooks.{place}: found {webhook!r}; allowed: {allowed}")
    return faults
