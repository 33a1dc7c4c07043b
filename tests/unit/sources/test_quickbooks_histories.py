"""Whatever happens in a company file between landings, what was landed bit by bit is what landing everything gives."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from fakes.quickbooks import FakeQuickbooks
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from unit.sources.histories import compare
from unit.sources.quickbooks_file import QuickbooksFile

OBJECTS, TABLES = ("Customer", "Transaction"), ("quickbooks_customer", "quickbooks_transaction")
KINDS = st.sampled_from(["Customer", "Invoice", "Bill"])
NUMBERS = st.integers(1, 3)
AMOUNTS = st.integers(0, 99)
#: So little that a busy hour does not fit into the feed, and is read by query.
FEED_LIMIT = 4

#: What people and machines do in a company file, and the landings between.
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("save"), KINDS, NUMBERS, AMOUNTS),
        st.tuples(st.just("save late"), KINDS, NUMBERS, AMOUNTS),
        st.tuples(st.just("void"), KINDS, NUMBERS),
        st.tuples(st.just("delete"), KINDS, NUMBERS),
        st.tuples(st.just("wait"), st.integers(1, 7200)),
        # Longer than the feed remembers.
        st.just(("wait", 31 * 86_400)),
        st.just(("land",)),
        st.just(("land",)),
    ),
    min_size=4,
    max_size=14,
)
DOCUMENTS = """
    select source_id, gross_doc, updated_at from raw.quickbooks_transaction where not is_deleted order by source_id
"""
CUSTOMERS = "select source_id, name, is_active from raw.quickbooks_customer where not is_deleted order by source_id"


def happen(fake: FakeQuickbooks, step: tuple[object, ...]) -> None:
    """One step of a history. What it asks of a record that is not there does not happen."""
    what, *rest = step
    if what == "wait":
        fake.now += timedelta(seconds=int(str(rest[0])))
    if what in ("wait", "land"):
        return
    kind, number = str(rest[0]), str(rest[1])
    there = fake.records[kind].get(number)
    # A number is given once: what was deleted does not come back.
    if any((one, told["Id"]) == (kind, number) for one, told in fake.deleted):
        return
    if what in ("save", "save late"):
        at = fake.now - timedelta(minutes=40) if what == "save late" else fake.now
        # What was begun before another change of the record cannot be committed after it: its sync token is old.
        if there is not None and there["MetaData"]["LastUpdatedTime"] >= fake._stamp(at):
            return
        fields = {"TotalAmt": Decimal(str(rest[2])), "TxnDate": "2026-05-30"}
        fake.save(kind, number, at=at, **({"DisplayName": f"C{rest[2]}"} if kind == "Customer" else fields))
    elif there is not None and kind == "Customer":
        # Rows of lists are never deleted, but made inactive.
        fake.save(kind, number, Active=False)
    elif there is not None and what == "void":
        fake.void(kind, number)
    elif there is not None:
        fake.delete(kind, number)


def check_history(steps: list[tuple[object, ...]]) -> None:
    """Landed bit by bit and all at once."""
    fake = FakeQuickbooks(feed_limit=FEED_LIMIT)

    def whole(folder: Path) -> QuickbooksFile:
        fake.refresh_token = "refresh-0"  # noqa: S105 - the person connects the file anew
        return QuickbooksFile(fake, folder, only=OBJECTS)

    def tick() -> None:
        fake.now += timedelta(seconds=1)

    compare(
        steps,
        kept=lambda folder: QuickbooksFile(fake, folder, only=OBJECTS, reader={"page": 2, "feed_limit": FEED_LIMIT}),
        whole=whole,
        happen=lambda step: happen(fake, step),
        tick=tick,
        tables=TABLES,
        queries=[DOCUMENTS, CUSTOMERS],
    )


@settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(STEPS)
@example(
    [("save", "Bill", 1, 5), ("land",), ("wait", 7200), ("save", "Bill", 2, 6), ("land",), ("save late", "Bill", 1, 9)]
)
@example([("save", "Invoice", 1, 5), ("save", "Bill", 1, 7), ("land",), ("wait", 31 * 86_400), ("delete", "Bill", 1)])
@example([("save", "Invoice", number, 5) for number in (1, 2, 3)] + [("land",), ("void", "Invoice", 1), ("land",)])
@example([("save", "Customer", 1, 5), ("land",), ("delete", "Customer", 1), ("land",)])
def test_bit_by_bit_is_the_same_as_all_at_once(steps: list[tuple[object, ...]]) -> None:
    """Otherwise a company's numbers would depend on how often it looked."""
    check_history(steps)


@pytest.mark.deep
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS)
def test_bit_by_bit_is_the_same_as_all_at_once_in_fifty_histories(steps: list[tuple[object, ...]]) -> None:
    """The same, with histories that nobody has seen before."""
    check_history(steps)
