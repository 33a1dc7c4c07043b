"""What stands behind a number: its own sources and checks, no others, and where it is from."""

from __future__ import annotations

from dashboards import trust
from dashboards.queries import data_trust
from dashboards.reading import Reading


def test_a_badge_speaks_of_exactly_the_data_behind_it(reading: Reading) -> None:
    """Deals are not made of the ledger: a late ERP must not mark bookings, and it must mark revenue."""
    deals = trust.standing(reading, trust.relations(reading, "bookings"))
    revenue = trust.standing(reading, trust.relations(reading, "net_revenue"))
    assert deals is not None
    assert revenue is not None
    assert "erp" in revenue.sources
    assert {edge.reads for edge in trust.upstream(reading, ["finance.fct_invoice_lines"])} >= {
        "invoice",
        "invoice_line",
    }
    assert not {edge.reads for edge in trust.upstream(reading, ["sales.fct_deals"])} & {"journal_line", "invoice_line"}
    assert 0 < deals.passed < reading.manifest.checks.passed
    assert deals.not_passed == revenue.not_passed == ()


def test_the_checks_behind_a_number_are_those_of_its_models(reading: Reading) -> None:
    """Counted by hand in SQL: checks of the table and of every model that leads to it."""
    tables = trust.relations(reading, "receivables_open")
    behind = {table.rsplit(".", 1)[-1] for table in tables}
    behind |= {edge.reads for edge in trust.upstream(reading, tables) if edge.reads_kind != "raw"}
    counted = reading.rows(
        "select count(*) as n from operations.fct_check_results where status = 'passed'"
        " and list_contains($models, model)",
        models=tuple(sorted(behind)),
    )["n"][0].as_py()
    found = trust.standing(reading, tables)
    assert found is not None
    assert found.passed == counted > 0


def test_lineage_leads_from_the_metric_to_the_sources(reading: Reading) -> None:
    """An auditor asks of any number which entities of which system it is made of."""
    diagram = data_trust.lineage_diagram(reading, "net_revenue")
    assert "Net revenue" in diagram
    assert "fct_margins_monthly" in diagram
    assert "erp<br>" in diagram
    assert "invoice_line" in diagram
    edges = data_trust.lineage(reading, "net_revenue").to_pylist()
    made = {edge["model"] for edge in edges}
    assert all(edge["reads"] in made or edge["reads_kind"] in {"raw", "seed"} for edge in edges)


def test_money_that_was_read_went_somewhere(reading: Reading) -> None:
    """Source = loaded + quarantined + superseded, on every line of the page."""
    rows = data_trust.control_totals(reading).to_pylist()
    assert rows
    assert all(row["difference"] == 0 for row in rows)
    assert all(
        row["total_in"] == row["total_loaded"] + row["total_quarantined"] + row["total_superseded"] for row in rows
    )
