"""Whatever happens in a database between landings, what was landed bit by bit is what a landing of everything gives."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from fakes.odoo import FakeOdoo
from fakes.odoo_sample import empty_database
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from unit.sources.database_of_odoo import Database
from unit.sources.histories import compare

MODEL, ENTITY = "product.template", "odoo_product_template"
NUMBERS = st.integers(1, 3)
PRICES = st.decimals(min_value=0, max_value=999, places=2)
SAVED = ("save", 1, Decimal(1))

#: What people and machines do in a database, and the landings between.
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("save"), NUMBERS, PRICES),
        st.tuples(st.just("save late"), NUMBERS, PRICES),
        st.tuples(st.just("archive"), NUMBERS, PRICES),
        st.tuples(st.just("delete"), NUMBERS),
        st.tuples(st.just("wait"), st.integers(1, 7200)),
        st.just(("land",)),
        st.just(("land",)),
    ),
    min_size=4,
    max_size=14,
)


def happen(fake: FakeOdoo, step: tuple[object, ...]) -> None:
    """One step of a history. What it asks of a record that is not there does not happen."""
    kind, *rest = step
    number = int(str(rest[0])) if rest else 0
    there = fake.records.get(MODEL, {}).get(number)
    if kind in ("save", "archive"):
        fake.save(MODEL, number, name="A", list_price=rest[1], active=kind == "save")
    elif kind == "save late":
        began = fake.now - timedelta(minutes=20)
        # What was begun before another change of the record cannot be committed after it: the record is locked.
        if there is None or there["write_date"] < began:
            fake.save(MODEL, number, name="A", list_price=rest[1], write_date=began)
    elif kind == "wait":
        fake.pass_time(seconds=number)
    elif kind == "delete" and there is not None:
        fake.unlink(MODEL, number)


def check_history(steps: list[tuple[object, ...]]) -> None:
    """Landed bit by bit and all at once."""
    fake = empty_database()
    fake.fields[MODEL]["active"] = "boolean"
    compare(
        steps,
        kept=lambda folder: Database(fake, folder, only=[MODEL], page=2),
        whole=lambda folder: Database(fake, folder, only=[MODEL]),
        happen=lambda step: happen(fake, step),
        tick=lambda: fake.pass_time(seconds=1),
        tables=[ENTITY],
        queries=[f"select id, list_price_doc, updated_at from raw.{ENTITY} order by id"],
    )


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(STEPS)
@example([SAVED, ("land",), ("wait", 7200), ("save", 2, Decimal(5)), ("land",), ("save late", 1, Decimal(9))])
@example([SAVED, ("save", 2, Decimal(5)), ("land",), ("delete", 1), ("land",), ("save", 1, Decimal(7))])
@example([SAVED, ("wait", 4000), ("land",), ("delete", 1), ("land",)])
def test_bit_by_bit_is_the_same_as_all_at_once(steps: list[tuple[object, ...]]) -> None:
    """Otherwise a company's numbers would depend on how often it looked."""
    check_history(steps)


@pytest.mark.deep
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS)
def test_bit_by_bit_is_the_same_as_all_at_once_in_fifty_histories(steps: list[tuple[object, ...]]) -> None:
    """The same, with histories that nobody has seen before."""
    check_history(steps)
