"""One row per method, layer, entity, origin and week: what each method would have expected at weekly origins of the
past, knowing nothing that came later, its bands, and what came. Figures are estimates, in double; the mart rounds
them."""

import polars as pl

from pipelines.statistics.cash import accuracy
from pipelines.statistics.cash.company_frames import read_company
from pipelines.statistics.cash.purchase_orders import read_purchase_orders


def model(dbt, session):
    documents, settlements = dbt.ref("int_payment_documents"), dbt.ref("int_payment_settlements")
    promises, flows, entities = dbt.ref("int_cash_promises"), dbt.ref("int_cash_flows"), dbt.ref("int_cash_entities")
    relations = (documents, settlements, promises, flows, entities)
    orders = dbt.ref("int_purchase_order_history")
    found = pl.DataFrame(schema=accuracy.ROWS)
    for (as_of,) in dbt.ref("int_run_context").project("as_of").fetchall():  # none before the first run
        company = read_company(*(relation.pl() for relation in relations), as_of=as_of)
        found = accuracy.accuracy_rows(company, read_purchase_orders(orders.pl(), company))
    return found.to_arrow()
