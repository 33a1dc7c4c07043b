"""Whatever happens in an account between landings, what was landed bit by bit is what a landing of everything gives."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes.netsuite import FakeNetsuite
from fakes.netsuite_sample import empty_account
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from unit.sources.histories import compare
from unit.sources.netsuite_account import NetsuiteAccount

ENTITY = "netsuite_transactionline"
NAME = "transactionline"
NUMBERS = st.integers(1, 2)
AMOUNTS = st.lists(st.integers(0, 99), min_size=1, max_size=3)

#: What people and scripts do in an account, and the landings between.
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("save"), NUMBERS, AMOUNTS),
        st.tuples(st.just("save late"), NUMBERS, AMOUNTS),
        st.tuples(st.just("edit line"), NUMBERS, st.integers(0, 99)),
        st.tuples(st.just("erase"), NUMBERS),
        st.tuples(st.just("wait"), st.integers(1, 7200)),
        st.just(("land",)),
        st.just(("land",)),
    ),
    min_size=4,
    max_size=14,
)
#: The lines that a document has now: those of its newest saving, as the staging models have it.
CURRENT = f"""
    select transaction_id, line_id, amount_doc, updated_at from raw.{ENTITY}
    where updated_at >= (select max(x.saved_at) from raw.{ENTITY} x where x.transaction_id = {ENTITY}.transaction_id)
    order by transaction_id, line_id
"""


def happen(fake: FakeNetsuite, step: tuple[object, ...]) -> None:
    """One step of a history. What it asks of a document that is not there does not happen."""
    kind, *rest = step
    if kind == "wait":
        fake.pass_time(seconds=int(str(rest[0])))
        return
    if kind == "land":
        return
    number = int(str(rest[0]))
    saved = fake.database.execute('select lastmodifieddate from "transaction" where id = ?', [number]).fetchone()
    at = fake.now - timedelta(minutes=40) if kind == "save late" else fake.now
    if kind in ("save", "save late"):
        lines = fake.database.execute(
            'select max(linelastmodifieddate) from transactionline where "transaction" = ?', [number]
        ).fetchone()
        # What was begun before another change of the document cannot be committed after it: the document is locked.
        if saved is not None and kind == "save late" and max(saved[0], lines[0] or "") >= fake._cell(at):
            return
        fake.erase(NAME, transaction=number)
        fake.save("transaction", id=number, lastmodifieddate=at, trandate=at.date(), posting=True, voided=False)
        for line, amount in enumerate(rest[1]):  # type: ignore[arg-type,var-annotated]
            shape = {"mainline": line == 0, "taxline": False, "foreignamount": amount}
            fake.save(NAME, transaction=number, id=line, linelastmodifieddate=at, subsidiary=1, **shape)
    elif saved is not None and kind == "edit line":
        fake.save(NAME, transaction=number, id=0, foreignamount=rest[1])
    elif saved is not None:
        fake.erase_transaction(number)


def check_history(steps: list[tuple[object, ...]]) -> None:
    """Landed bit by bit and all at once."""
    fake = empty_account(page=3)
    compare(
        steps,
        kept=lambda folder: NetsuiteAccount(fake, folder, only=[NAME]),
        whole=lambda folder: NetsuiteAccount(fake, folder, only=[NAME]),
        happen=lambda step: happen(fake, step),
        tick=lambda: fake.pass_time(seconds=1),
        tables=[ENTITY],
        queries=[CURRENT],
    )


@settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(STEPS)
@example([("save", 1, [1, 2, 3]), ("land",), ("wait", 7200), ("save", 1, [1, 5]), ("land",)])
@example([("save", 1, [1]), ("save", 2, [5]), ("land",), ("erase", 1), ("land",), ("save", 1, [7])])
@example([("save", 1, [1, 2]), ("wait", 7200), ("land",), ("edit line", 1, 9), ("land",), ("save late", 2, [4])])
def test_bit_by_bit_is_the_same_as_all_at_once(steps: list[tuple[object, ...]]) -> None:
    """Otherwise a company's numbers would depend on how often it looked."""
    check_history(steps)


@pytest.mark.deep
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS)
def test_bit_by_bit_is_the_same_as_all_at_once_in_fifty_histories(steps: list[tuple[object, ...]]) -> None:
    """The same, with histories that nobody has seen before."""
    check_history(steps)
