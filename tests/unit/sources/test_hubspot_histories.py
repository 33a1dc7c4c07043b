"""Whatever happens in an account between landings, what was landed bit by bit is what a landing of everything gives."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from fakes.hubspot import FakeHubspot
from fakes.hubspot_sample import empty_account
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from unit.sources.account import Account
from unit.sources.histories import compare

ENTITY = "hubspot_line_item"
NAME = "line_items"
NUMBERS = st.integers(1, 3)
AMOUNTS = st.decimals(min_value=0, max_value=999, places=2)
SAVED = ("save", 1, Decimal(1))

#: What people and machines do in an account, and the landings between.
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("save"), NUMBERS, AMOUNTS),
        st.tuples(st.just("save late"), NUMBERS, AMOUNTS),
        st.tuples(st.just("archive"), NUMBERS),
        st.tuples(st.just("restore"), NUMBERS),
        st.tuples(st.just("erase"), NUMBERS),
        st.tuples(st.just("merge"), NUMBERS),
        st.tuples(st.just("wait"), st.integers(1, 7200)),
        st.just(("land",)),
        st.just(("land",)),
    ),
    min_size=4,
    max_size=14,
)


def happen(fake: FakeHubspot, step: tuple[object, ...]) -> None:
    """One step of a history. What it asks of a record that is not there does not happen."""
    kind, *rest = step
    record = int(str(rest[0])) if rest else 0
    there = fake.objects.get(NAME, {}).get(str(record))
    live = there is not None and there.archived is None
    if str(record) in fake.merged:
        return  # an id is never given again
    if kind == "save" and live:
        fake.change(NAME, record, price=rest[1])
    elif kind == "save" and there is None:
        fake.create(NAME, record, price=rest[1], quantity=1)
    elif kind == "save late" and there is not None and live:
        late = fake.now - timedelta(minutes=20)
        # What was begun before another change of the record cannot be committed after it.
        if there.updated < late:
            fake.change(NAME, record, at=late, price=rest[1])
    elif kind == "wait":
        fake.pass_time(seconds=record)
    elif kind == "archive" and live:
        fake.archive(NAME, record)
    elif kind == "restore" and there is not None and not live:
        fake.restore(NAME, record)
    elif kind == "erase" and there is not None:
        fake.erase(NAME, record)
    elif kind == "merge" and live:
        other = next((one for one in fake.objects[NAME].values() if one.id != str(record) and not one.archived), None)
        if other is not None:
            fake.merge(NAME, record, int(other.id), 100 + len(fake.merged))


def check_history(steps: list[tuple[object, ...]]) -> None:
    """Landed bit by bit and all at once."""
    fake = empty_account()
    compare(
        steps,
        kept=lambda folder: Account(fake, folder, only=[NAME]),
        whole=lambda folder: Account(fake, folder, only=[NAME]),
        happen=lambda step: happen(fake, step),
        tick=lambda: fake.pass_time(seconds=1),
        tables=[ENTITY],
        queries=[f"select id, price_doc, updated_at from raw.{ENTITY} where not is_archived order by id"],
    )


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(STEPS)
@example([SAVED, ("land",), ("wait", 7200), ("save", 2, Decimal(5)), ("land",), ("save late", 1, Decimal(9))])
@example([SAVED, ("save", 2, Decimal(5)), ("land",), ("merge", 1), ("land",), ("save", 1, Decimal(7))])
@example([SAVED, ("wait", 7200), ("land",), ("archive", 1), ("land",), ("restore", 1), ("wait", 7200), ("land",)])
def test_bit_by_bit_is_the_same_as_all_at_once(steps: list[tuple[object, ...]]) -> None:
    """Otherwise a company's numbers would depend on how often it looked."""
    check_history(steps)


@pytest.mark.deep
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS)
def test_bit_by_bit_is_the_same_as_all_at_once_in_fifty_histories(steps: list[tuple[object, ...]]) -> None:
    """The same, with histories that nobody has seen before."""
    check_history(steps)
