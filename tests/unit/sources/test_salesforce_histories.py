"""Whatever happens in an org between landings, what was landed bit by bit is what a landing of everything gives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from fakes.salesforce import FakeSalesforce
from fakes.salesforce_sample import empty_org
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from unit.sources.histories import compare
from unit.sources.org import Org

ENTITY = "salesforce_opportunity_line_item"
NAME = "OpportunityLineItem"
NUMBERS = st.integers(0, 2)
AMOUNTS = st.decimals(min_value=0, max_value=999, places=2)

SAVED = ("save", 1, Decimal(1))

#: What people and machines do in an org, and the landings between.
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("save"), NUMBERS, AMOUNTS),
        st.tuples(st.just("save late"), NUMBERS, AMOUNTS),
        st.tuples(st.just("bin"), NUMBERS),
        st.tuples(st.just("restore"), NUMBERS),
        st.tuples(st.just("erase"), NUMBERS),
        st.tuples(st.just("wait"), st.integers(1, 7200)),
        st.just(("land",)),
        st.just(("land",)),
    ),
    min_size=4,
    max_size=14,
)


def happen(fake: FakeSalesforce, step: tuple[object, ...]) -> None:
    """One step of a history. What it asks of a record that is not there does not happen."""
    kind, *rest = step
    record = f"00k{rest[0]}" if rest else ""
    there = record in fake.objects.get(NAME, {})
    if kind == "save":
        fake.create(NAME, Id=record, OpportunityId="006", Quantity=Decimal(1), UnitPrice=rest[1])
    elif kind == "save late":
        stamp = (fake.now - timedelta(minutes=20)).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
        # What was begun before another change of the record cannot be committed after it: the record is locked.
        if not there or fake.objects[NAME][record]["SystemModstamp"] < stamp:
            fake.create(
                NAME, Id=record, OpportunityId="006", Quantity=Decimal(1), UnitPrice=rest[1], SystemModstamp=stamp
            )
    elif kind == "wait":
        fake.pass_time(seconds=int(str(rest[0])))
    elif there:
        {"bin": fake.delete, "erase": fake.erase}.get(str(kind), _restore(fake))(NAME, record)


def _restore(fake: FakeSalesforce) -> Callable[[str, str], None]:
    return lambda name, record: fake.change(name, record, IsDeleted=False)


def check_history(steps: list[tuple[object, ...]]) -> None:
    """Landed bit by bit and all at once."""
    fake = empty_org()
    compare(
        steps,
        kept=lambda folder: Org(fake, folder, only=[NAME]),
        whole=lambda folder: Org(fake, folder, only=[NAME]),
        happen=lambda step: happen(fake, step),
        tick=lambda: fake.pass_time(seconds=1),
        tables=[ENTITY],
        queries=[f"select id, unit_price_doc, is_deleted, updated_at from raw.{ENTITY} order by id"],
    )


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(STEPS)
@example([SAVED, ("land",), ("wait", 7200), ("save", 2, Decimal(5)), ("land",), ("save late", 1, Decimal(9))])
@example([SAVED, ("save", 2, Decimal(5)), ("land",), ("erase", 1), ("land",), ("save", 1, Decimal(7))])
@example([SAVED, ("wait", 7200), ("land",), ("bin", 1), ("land",), ("erase", 1), ("wait", 7200), ("land",)])
def test_bit_by_bit_is_the_same_as_all_at_once(steps: list[tuple[object, ...]]) -> None:
    """Otherwise a company's numbers would depend on how often it looked."""
    check_history(steps)


@pytest.mark.deep
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS)
def test_bit_by_bit_is_the_same_as_all_at_once_in_fifty_histories(steps: list[tuple[object, ...]]) -> None:
    """The same, with histories that nobody has seen before."""
    check_history(steps)


def test_a_record_erased_after_everything_else_is_the_last_one(tmp_path: Path) -> None:
    """An object whose last record is erased is empty, not as it was."""
    check_history([("save", 1, Decimal(1)), ("wait", 4000), ("land",), ("erase", 1), ("land",)])
