"""The rows that the dbt models of the cash projection read and write, of a published version."""

from __future__ import annotations

import polars as pl

from company.settings import Settings
from company.versions import current_version
from pipelines.statistics.cash.company_frames import Company, read_company
from pipelines.warehouse.databases import DatabasePair

Frames = dict[str, pl.DataFrame]
READ = (
    "int_payment_documents",
    "int_payment_settlements",
    "int_cash_promises",
    "int_cash_flows",
    "int_cash_entities",
)
OTHERS = ("int_purchase_order_history", "int_cash_accuracy", "int_run_context")


def cash_frames(settings: Settings) -> Frames:
    version = current_version(settings.folders)
    assert version is not None
    with DatabasePair(settings.folders.warehouse / version).open(read_only=True) as connection:
        return {name: connection.sql(f"select * from intermediate.{name}").pl() for name in (*READ, *OTHERS)}


def company_of(frames: Frames) -> Company:
    return read_company(*(frames[name] for name in READ), as_of=frames["int_run_context"]["as_of"].item())
