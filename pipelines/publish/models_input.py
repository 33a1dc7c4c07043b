"""All that models read, written into a run's own databases: raw tables, system tables, what earlier versions told.

Which batches count and what a run is called is decided in `run`; how one table is written, in `pipelines.warehouse`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from duckdb import DuckDBPyConnection

from company.settings import Settings
from pipelines.accounts import AccountClass, known_account_types, read_account_classes
from pipelines.landing import verify_batch
from pipelines.landing.manifests import BatchManifest
from pipelines.publish import memory
from pipelines.sources.systems import all_entities
from pipelines.warehouse import catalogue, first_promises, lineage, raw, system_tables
from pipelines.warehouse.raw import LoadedEntity


def account_classes(settings: Settings) -> tuple[AccountClass, ...]:
    """The company's classification of accounts; none where it gives no file. Raises AccountClassError."""
    return read_account_classes(settings.accounts, known_account_types()) if settings.accounts is not None else ()


def load(
    connection: DuckDBPyConnection,
    settings: Settings,
    manifests: Sequence[BatchManifest],
    *,
    classes: Sequence[AccountClass],
    run_id: str,
    as_of: date,
    known_at: datetime,
    just_landed: Collection[str],
) -> tuple[LoadedEntity, ...]:
    """Bring the raw tables up to the landed batches, and write the system tables and the memory of versions.

    `just_landed`: batches of this run, whose files need no second look.
    """
    entities = all_entities()
    raw.create_raw_tables(connection, entities.values())
    system_tables.create_system_tables(connection)
    named = raw.in_the_name_of(manifests, settings.ids_of)
    for manifest in raw.unapplied(connection, named):
        if manifest.batch_id not in just_landed:
            verify_batch(manifest)
    loaded = raw.load_batches(connection, named, entities=entities)
    first_promises.write_first_promises(connection, named, entities=entities)
    context = system_tables.RunContext(
        run_id=run_id,
        as_of=as_of,
        known_at=known_at,
        reporting_currency=settings.company.reporting_currency,
        company_name=settings.company.name,
    )
    system_tables.write_context(connection, context, settings.company)
    system_tables.write_calendar(connection, entities.values(), company=settings.company, as_of=as_of)
    system_tables.write_batches(connection, manifests)
    system_tables.write_quarantine(connection, named, entities=entities)
    system_tables.write_check_settings(connection, settings.checks)
    system_tables.write_account_classes(connection, [asdict(given) for given in classes])
    system_tables.write_cash_minimums(connection, settings.cash.minimum_balance)
    memory.load(connection, settings.folders)
    return loaded


def load_graph(connection: DuckDBPyConnection, semantics: Mapping[str, Any], graph: Mapping[str, Any]) -> None:
    """Write the metrics' catalogue and the lineage of models, from dbt's two manifests."""
    system_tables.replace_rows(connection, "metric_catalogue", catalogue.compile_catalogue(semantics, graph))
    system_tables.replace_rows(connection, "model_lineage", lineage.edges(graph))
