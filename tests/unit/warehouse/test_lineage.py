"""Lineage is read off dbt's manifest."""

from __future__ import annotations

from pipelines.warehouse.lineage import edges


def node(name: str, kind: str, folder: str, *reads: str) -> dict[str, object]:
    return {"name": name, "resource_type": kind, "fqn": ["p", folder, name], "depends_on": {"nodes": list(reads)}}


def test_every_model_names_what_it_reads_once_and_of_which_kind() -> None:
    """Who asks where a number is from must be led to the source's own entity and to nothing else."""
    manifest = {
        "nodes": {
            "m.deals": node("fct_deals", "model", "marts", "m.int", "s.rates", "m.int"),
            "m.int": node("int_deals", "model", "intermediate", "r.deal"),
            "s.rates": node("rates", "seed", "reference"),
            "t.one": node("unique", "test", "marts", "m.deals"),
        },
        "sources": {"r.deal": {"name": "deal", "resource_type": "source", "fqn": ["p", "intermediate", "raw", "deal"]}},
    }
    assert [tuple(edge.values()) for edge in edges(manifest)] == [
        ("fct_deals", "mart", "int_deals", "intermediate"),
        ("fct_deals", "mart", "rates", "seed"),
        ("int_deals", "intermediate", "deal", "raw"),
    ]
