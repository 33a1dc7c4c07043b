"""What of an Odoo model is read: which of its records, which sum proves them, which fields must be there.

Belongs here: facts of models and pure functions of them. Does not: asking a database (`odoo`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pipelines.sources.api import Window
from pipelines.sources.http import AnswerError
from pipelines.sources.systems import SystemObject, system_objects

#: Made of write_date and create_date: both are empty where records came by a migration.
CHANGED_AT = "changed_at"
#: The column of each model whose sum the server is asked for after reading: its books against ours.
SUMS = {
    "account.move.line": "balance",
    "account.payment": "amount",
    "account.partial.reconcile": "amount",
    "sale.order.line": "price_subtotal",
}
#: The models of the CRM. A user who reads the ledger may have no right to them: they are then left out, like an app
#: that is not installed. Only administrators may read what was changed (mail.tracking.value).
CRM = frozenset({
    "crm.lead", "crm.stage", "crm.team", "crm.lost.reason", "utm.source", "utm.campaign", "ir.model.fields",
    "mail.message", "mail.message.subtype", "mail.activity.type", "mail.tracking.value", "calendar.event",
})  # fmt: skip
#: Of a model that all apps write to, what belongs to the CRM: other logs and private calendars are nobody's business.
ONLY: Mapping[str, list[Any]] = {
    "mail.message": [["model", "=", "crm.lead"]],
    "mail.tracking.value": [["mail_message_id.model", "=", "crm.lead"]],
    "ir.model.fields": [["model", "=", "crm.lead"]],
    "calendar.event": [["opportunity_id", "!=", False]],
}
_NO_RIGHT = "AccessError"


def is_beyond_rights(model: str, error: AnswerError) -> bool:
    """Whether a model of the CRM was refused because the user has no right to it."""
    return model in CRM and _NO_RIGHT in error.code


def domain_of(model: str, window: Window) -> list[Any]:
    """A model's records of a window, as Odoo's domain. Stamps are UTC without a zone, compared by whole seconds."""
    only = ONLY.get(model, [])
    until = ["write_date", "<", _literal(window.upper)]
    if window.lower is None:
        return [*only, "|", ["write_date", "=", False], until]
    return [*only, ["write_date", ">=", _literal(window.lower)], until]


def _literal(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def gone_fields(wanted: SystemObject, types: Mapping[str, str]) -> list[str]:
    """The fields to ask for that the database does not have."""
    return [name for name in wanted.fields if name != CHANGED_AT and name not in types]


def missed_fields(wanted: SystemObject, gone: Sequence[str]) -> list[str]:
    """Those of the fields that are gone that must be there: what a row needs, and what a company's mapping names.

    Odoo's own come and go with versions and apps: a database without one of them has nothing in it.
    """
    (standard,) = (one.fields for one in system_objects("odoo") if one.name == wanted.name)
    needed = {header for column in wanted.columns if not column.target.nullable for header in column.headers}
    return [name for name in gone if name in needed or name not in standard]


def column_of(wanted: SystemObject, name: str) -> str:
    """The column that a field fills."""
    return next(column.target.name for column in wanted.columns if name in column.headers)
