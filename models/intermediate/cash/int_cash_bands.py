"""One row per scenario, entity (and `all`) and period with the band of its bank balance, from simulated paths, and the
chance to be below the minimum balance."""

import polars as pl

from pipelines.statistics.cash import accuracy, balances
from pipelines.statistics.cash.company_frames import read_company
from pipelines.statistics.cash.scenarios import read_edits


def model(dbt, session):
    documents, settlements = dbt.ref("int_payment_documents"), dbt.ref("int_payment_settlements")
    promises, flows, entities = dbt.ref("int_cash_promises"), dbt.ref("int_cash_flows"), dbt.ref("int_cash_entities")
    relations = (documents, settlements, promises, flows, entities)
    judged, edits = dbt.ref("int_cash_accuracy"), dbt.ref("int_cash_scenario_edits")
    found = pl.DataFrame(schema=balances.BANDS)
    for (as_of,) in dbt.ref("int_run_context").project("as_of").fetchall():  # none before the first run
        company = read_company(*(relation.pl() for relation in relations), as_of=as_of)
        found = balances.balance_bands(company, accuracy.learned_from(judged.pl()), read_edits(edits.pl()))
    return found.to_arrow()
