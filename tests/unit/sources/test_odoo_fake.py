"""The fake Odoo answers a client that others made as a real server would: it is no mirror of our own reader."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import odoorpc
import pytest
from fakes.odoo import FakeOdoo
from fakes.odoo_crm_sample import empty_crm
from fakes.serving import serving
from odoorpc.error import RPCError


@pytest.fixture
def fake() -> FakeOdoo:
    """A database of Odoo 18 with five opportunities, one of them lost and so archived."""
    fake = empty_crm(version=18)
    for number in range(1, 6):
        fake.save(
            "crm.lead", number, name=f"Deal {number}", type="opportunity", active=number != 4, partner_id=3,
            expected_revenue=Decimal("1250.50"),
        )  # fmt: skip
        fake.pass_time(seconds=1)
    fake.save("account.payment", 1, amount=Decimal("10.10"))
    fake.save("account.payment", 2, amount=Decimal("20.20"))
    return fake


@pytest.fixture
def client(fake: FakeOdoo) -> Iterator[odoorpc.ODOO]:
    """The client of others, signed in."""
    with serving(fake) as address:
        client = odoorpc.ODOO("127.0.0.1", port=int(address.rpartition(":")[2]), version="18.0")
        client.login(fake.database, fake.user, fake.key)
        yield client


def test_pages_lead_to_all_that_is_not_archived(client: odoorpc.ODOO) -> None:
    """By offset and by key alike."""
    by_offset = [
        client.execute_kw("crm.lead", "search_read", [[], ["name"], offset, 2], {"order": "id"}) for offset in (0, 2, 4)
    ]
    assert [[one["id"] for one in page] for page in by_offset] == [[1, 2], [3, 5], []]
    after = [["id", ">", 2]]
    by_key = client.execute_kw("crm.lead", "search_read", [after], {"fields": ["name"], "limit": 2, "order": "id"})
    assert [one["id"] for one in by_key] == [3, 5]
    assert client.execute_kw("crm.lead", "search_count", [[]]) == 4
    assert client.execute_kw("crm.lead", "search_count", [[]], {"context": {"active_test": False}}) == 5


def test_values_are_as_odoo_writes_them(client: odoorpc.ODOO) -> None:
    """False is empty, a link has a label, money is a float, a stamp has no zone and no part of a second."""
    fields = ["name", "partner_id", "user_id", "expected_revenue", "date_deadline", "active", "write_date"]
    (found,) = client.execute_kw("crm.lead", "search_read", [[["id", "=", 1]], fields])
    assert found == {
        "id": 1, "name": "Deal 1", "partner_id": [3, "label of 3"], "user_id": False, "expected_revenue": 1250.5,
        "date_deadline": False, "active": True, "write_date": "2026-07-01 06:00:00",
    }  # fmt: skip
    assert client.execute_kw("crm.lead", "fields_get", [], {"attributes": ["type"]})["partner_id"] == {
        "type": "many2one"
    }


def test_stamps_are_compared_by_whole_seconds(fake: FakeOdoo, client: odoorpc.ODOO) -> None:
    """The database keeps microseconds that nobody sees: a bound at the second must hold what is in it."""
    fake.save("crm.lead", 6, name="Deal 6", write_date=fake.now + timedelta(microseconds=5))
    bound = fake.now.strftime("%Y-%m-%d %H:%M:%S")
    counts = [client.execute_kw("crm.lead", "search_count", [[["write_date", sign, bound]]]) for sign in (">=", ">")]
    assert counts == [1, 0]


def test_sums_are_the_servers_own(client: odoorpc.ODOO) -> None:
    """What our reader compares its own sums with."""
    given = {"domain": [], "fields": ["amount:sum"], "groupby": [], "lazy": False}
    (found,) = client.execute_kw("account.payment", "read_group", [], given)
    assert (found["__count"], round(found["amount"], 2)) == (2, 30.30)


def test_what_is_wrong_is_told_with_status_200(fake: FakeOdoo, client: odoorpc.ODOO) -> None:
    """The error is in the answer: a name, a message and a stack trace."""
    with pytest.raises(RPCError, match="Invalid field 'nope'") as raised:
        client.execute_kw("crm.lead", "search_read", [[], ["nope"]])
    assert raised.value.info["data"]["name"] == "builtins.ValueError"
    with pytest.raises(RPCError, match="doesn't exist"):
        client.execute_kw("no.model", "search_count", [[]])
    fake.denied.add("mail.tracking.value")
    with pytest.raises(RPCError) as raised:
        client.execute_kw("mail.tracking.value", "search_count", [[]])
    assert raised.value.info["data"]["name"] == "odoo.exceptions.AccessError"
    with pytest.raises(RPCError, match="Wrong login"):
        client.login(fake.database, fake.user, "another key")
