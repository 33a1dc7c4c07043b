"""Who chose to get a report, or to get it no more, whatever plumbline.yaml lists (app.sqlite).

Belongs here: people's choices, with who made each. Does not: rights, which are asked for each mail again
(`recipients`): a subscription gives nobody a number that their role does not hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from company.folders import DataFolder
from dashboards.access import audit
from dashboards.access.app_database import reading, transaction

_SCHEMA = """
create table if not exists subscription (
    report text not null,
    address text not null,
    is_subscribed integer not null,
    changed_at text not null,
    changed_by text not null,
    primary key (report, address)
) strict;
"""


def choices(folders: DataFolder, report: str) -> Mapping[str, bool]:
    """Address to choice, of all who made one for a report."""
    with reading(folders.app, _SCHEMA) as database:
        rows = database.execute("select address, is_subscribed from subscription where report = ?", (report,))
        return {str(address): bool(chosen) for address, chosen in rows.fetchall()}


def erase(folders: DataFolder, address: str) -> int:
    """Forget what a person chose; gives how many choices went."""
    with transaction(folders.app, _SCHEMA) as database:
        found = database.execute("delete from subscription where address = ?", (address.strip().lower(),))
        return found.rowcount


def choose(folders: DataFolder, report: str, address: str, *, is_subscribed: bool, actor: str, now: datetime) -> None:
    """Keep a choice, recorded under the name of whoever made it. Raises AuditError, with nothing kept."""
    person = address.strip().lower()
    outcome = "subscribed" if is_subscribed else "unsubscribed"
    audit.record(folders, audit.Event(now, actor, "report", report, outcome=outcome, detail={"recipient": person}))
    with transaction(folders.app, _SCHEMA) as database:
        database.execute(
            "insert into subscription values (?, ?, ?, ?, ?) on conflict (report, address) do update set"
            " is_subscribed = excluded.is_subscribed, changed_at = excluded.changed_at,"
            " changed_by = excluded.changed_by",
            (report, person, int(is_subscribed), now.isoformat(), actor),
        )
