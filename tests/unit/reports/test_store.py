"""The state of a mail: once per report, period and recipient, also across crashes and two senders at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dashboards.reports.store import Delivery, Store

NOW = datetime(2026, 6, 29, 7, 0, tzinfo=UTC)
LEASE = timedelta(minutes=10)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "app")


def planned(store: Store, recipient: str = "ceo@example.com") -> Delivery:
    return store.plan(
        report="weekly", period="2026-W27", recipient=recipient, message_id="<m@x>", version="v1", now=NOW
    )


def test_a_delivery_is_planned_once(store: Store) -> None:
    """Planning again must not bring back a mail that went out."""
    claim = store.claim(planned(store), now=NOW, lease=LEASE)
    assert claim is not None
    assert store.begin(claim, now=NOW)
    assert store.finish(claim, "sent", "250 ok", now=NOW)
    again = planned(store)
    assert again.state == "sent"
    assert store.claim(again, now=NOW, lease=LEASE) is None


def test_only_one_of_five_claimants_wins(store: Store) -> None:
    """Two schedulers at once must send once."""
    for round_number in range(20):
        delivery = planned(store, f"r{round_number}@example.com")
        with ThreadPoolExecutor(5) as pool:
            claims = list(pool.map(lambda _, d=delivery: store.claim(d, now=NOW, lease=LEASE), range(5)))
        assert sum(claim is not None for claim in claims) == 1


def test_a_claim_whose_holder_died_before_sending_is_taken_over(store: Store) -> None:
    """A crash before the first byte must not lose the mail."""
    first = store.claim(planned(store), now=NOW, lease=LEASE)
    assert first is not None
    later = NOW + LEASE + timedelta(seconds=1)
    second = store.claim(planned(store), now=later, lease=LEASE)
    assert second is not None
    assert second.fence > first.fence
    assert not store.begin(first, now=later), "the older holder must not send any more"
    assert store.begin(second, now=later)


def test_a_sender_that_died_with_the_mail_out_leaves_it_unknown(store: Store) -> None:
    """The server may have it: sending again by itself would send it twice."""
    claim = store.claim(planned(store), now=NOW, lease=LEASE)
    assert claim is not None
    store.begin(claim, now=NOW)
    store.note_final_dot(claim, now=NOW)
    later = NOW + LEASE + timedelta(seconds=1)
    assert store.claim(planned(store), now=later, lease=LEASE) is None
    (delivery,) = store.deliveries("weekly")
    assert (delivery.state, delivery.attempts) == ("unknown", 1)


def test_a_person_may_release_an_unknown_mail(store: Store) -> None:
    """Knowingly sending again is a person's decision."""
    claim = store.claim(planned(store), now=NOW, lease=LEASE)
    assert claim is not None
    store.begin(claim, now=NOW)
    store.finish(claim, "unknown", "", now=NOW)
    assert store.release(report="weekly", period="2026-W27", recipient="ceo@example.com", now=NOW)
    assert store.claim(planned(store), now=NOW, lease=LEASE) is not None
    assert not store.release(report="weekly", period="2026-W27", recipient="nobody@example.com", now=NOW)
