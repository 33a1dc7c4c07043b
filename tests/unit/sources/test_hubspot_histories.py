"""Whatever happens in an account between landings, what was landed bit by bit is what a landing of everything gives."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from fakes.hubspot import FakeHubspot
from fakes.hubspot_sample import empty_account
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from unit.sources.account import Account

from pipelines.sources.systems import all_entities
from pipelines.warehouse.raw import create_raw_tables, load_batches

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
    """Land after every `land` and at the end, into a warehouse that is kept; then everything into another."""
    entities = {ENTITY: all_entities()[ENTITY]}
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as kept, duckdb.connect() as fresh:
        account = Account(empty_account(), Path(folder) / "kept", only=[NAME])
        account.root.mkdir()
        create_raw_tables(kept, entities.values())
        for step in [*steps, ("wait", 60), ("land",)]:
            # Two changes of a record in one moment of the clock are one to HubSpot itself.
            account.fake.pass_time(seconds=1)
            happen(account.fake, step)
            if step == ("land",):
                account.fake.pass_time(seconds=1)
                account.land()
                load_batches(kept, account.batches(ENTITY), entities=entities)
        whole = Account(account.fake, Path(folder) / "whole", only=[NAME])
        whole.root.mkdir()
        whole.land()
        create_raw_tables(fresh, entities.values())
        load_batches(fresh, whole.batches(ENTITY), entities=entities)
        rows = f"select id, price_doc, updated_at from raw.{ENTITY} where not is_archived order by id"
        assert kept.execute(rows).fetchall() == fresh.execute(rows).fetchall()


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
