"""One row per scenario, document or flow and period (thirteen weeks, eighteen months) with the cash expected of it, in
cents. Documents are expected when their counterparty's habits and due dates say so; what no document tells yet, as
billing went on so far."""

import polars as pl

from pipelines.statistics.cash import accuracy, projection
from pipelines.statistics.cash.company_frames import read_company
from pipelines.statistics.cash.scenarios import read_edits


def model(dbt, session):
    documents, settlements = dbt.ref("int_payment_documents"), dbt.ref("int_payment_settlements")
    promises, flows, entities = dbt.ref("int_cash_promises"), dbt.ref("int_cash_flows"), dbt.ref("int_cash_entities")
    relations = (documents, settlements, promises, flows, entities)
    judged, edits = dbt.ref("int_cash_accuracy"), dbt.ref("int_cash_scenario_edits")
    found = pl.DataFrame(schema=projection.LINES)
    for (as_of,) in dbt.ref("int_run_context").project("as_of").fetchall():  # none before the first run
        company = read_company(*(relation.pl() for relation in relations), as_of=as_of)
        found = projection.projected_lines(company, accuracy.learned_from(judged.pl()), read_edits(edits.pl()))
    return found.to_arrow()
