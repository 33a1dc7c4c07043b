"""Whatever happens in a site between landings, what was landed bit by bit is what a landing of everything gives."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from fakes.erpnext import FakeErpnext
from fakes.erpnext_sample import empty_site
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from unit.sources.histories import compare
from unit.sources.site import Site

TYPES = ("Sales Invoice", "Sales Invoice Item")
ENTITIES = ("erpnext_sales_invoice", "erpnext_sales_invoice_item")
NUMBERS = st.integers(1, 3)
AMOUNTS = st.lists(st.integers(0, 99), min_size=1, max_size=3)

#: What people and machines do in a site, and the landings between.
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("save"), NUMBERS, AMOUNTS),
        st.tuples(st.just("save late"), NUMBERS, AMOUNTS),
        st.tuples(st.just("cancel"), NUMBERS),
        st.tuples(st.just("delete"), NUMBERS),
        st.tuples(st.just("wait"), st.integers(1, 7200)),
        st.just(("land",)),
        st.just(("land",)),
    ),
    min_size=4,
    max_size=14,
)
DOCUMENTS = "select id, net_doc, docstatus, updated_at from raw.erpnext_sales_invoice order by id"
#: The lines that a document has now: those under its newest stamp, as the staging models have it. Lines of a document
#: that was deleted go with it there; their own table forgets them at the daily comparison of names.
LINES = """
    select id, document_id, net_doc from raw.erpnext_sales_invoice_item
    where document_id in (select id from raw.erpnext_sales_invoice)
    qualify updated_at = max(updated_at) over (partition by document_id) order by id
"""


def happen(fake: FakeErpnext, step: tuple[object, ...]) -> None:
    """One step of a history. What it asks of a document that is not there does not happen."""
    kind, *rest = step
    if kind == "wait":
        fake.pass_time(seconds=int(str(rest[0])))
    if kind in ("wait", "land"):
        return
    name = f"S{rest[0]}"
    there = fake.documents.get(TYPES[0], {}).get(name)
    if kind in ("save", "save late"):
        at = fake.now - timedelta(minutes=40) if kind == "save late" else fake.now
        # What was begun before another change of the document cannot be committed after it: it is refused.
        if there is not None and there["modified"] >= fake.stamp(at):
            return
        amounts: list[int] = rest[1]  # type: ignore[assignment]
        fake.save(
            TYPES[0], name, at=at, customer="C", company="FI01", posting_date="2026-06-30", currency="EUR",
            net_total=Decimal(sum(amounts)), is_return=0, docstatus=1,
        )  # fmt: skip
        lines = {f"{name}-{place}": amount for place, amount in enumerate(amounts)}
        fake.put_lines(
            TYPES[1], name, {key: {"qty": Decimal(1), "net_amount": Decimal(one)} for key, one in lines.items()}
        )
    elif there is not None and kind == "cancel":
        fake.cancel(TYPES[0], name)
    elif there is not None:
        fake.delete(TYPES[0], name)


def check_history(steps: list[tuple[object, ...]]) -> None:
    """Landed bit by bit and all at once."""
    fake = empty_site()
    compare(
        steps,
        kept=lambda folder: Site(fake, folder, only=TYPES),
        whole=lambda folder: Site(fake, folder, only=TYPES),
        happen=lambda step: happen(fake, step),
        tick=lambda: fake.pass_time(seconds=1),
        tables=ENTITIES,
        queries=[DOCUMENTS, LINES],
    )


@settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(STEPS)
@example([("save", 1, [1, 2]), ("land",), ("wait", 7200), ("save", 1, [5]), ("land",), ("save late", 2, [4])])
@example([("save", 1, [1]), ("save", 2, [5]), ("land",), ("delete", 1), ("land",), ("save", 1, [7, 8])])
@example([("save", 1, [1]), ("wait", 4000), ("land",), ("cancel", 1), ("land",)])
def test_bit_by_bit_is_the_same_as_all_at_once(steps: list[tuple[object, ...]]) -> None:
    """Otherwise a company's numbers would depend on how often it looked."""
    check_history(steps)


@pytest.mark.deep
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS)
def test_bit_by_bit_is_the_same_as_all_at_once_in_fifty_histories(steps: list[tuple[object, ...]]) -> None:
    """The same, with histories that nobody has seen before."""
    check_history(steps)
