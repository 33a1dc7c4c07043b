"""The fake QuickBooks answers clients that others made, Intuit's own among them: it is no mirror of our own reader."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from fakes.quickbooks import DISCOVERY, FakeQuickbooks
from fakes.serving import serving
from intuitlib.client import AuthClient
from intuitlib.exceptions import AuthClientError
from quickbooks import QuickBooks
from quickbooks.cdc import change_data_capture
from quickbooks.exceptions import AuthorizationException, ObjectNotFoundException, QuickbooksException
from quickbooks.objects import Bill, Customer, Invoice, Payment, PurchaseOrder


@pytest.fixture
def fake() -> FakeQuickbooks:
    """A company file with five invoices, two customers, one of them inactive, and a payment of the first invoice."""
    fake = FakeQuickbooks()
    fake.save("Customer", 1, DisplayName="A", CurrencyRef={"value": "EUR", "name": "Euro"})
    fake.save("Customer", 2, DisplayName="B", Active=False)
    for number in range(1, 6):
        line = {
            "Id": "1", "Amount": Decimal("10.10"), "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {"ItemRef": {"value": "7"}, "Qty": Decimal(2), "UnitPrice": Decimal("5.05")},
        }  # fmt: skip
        fake.save(
            "Invoice", number, TotalAmt=Decimal("10.10"), TxnDate="2026-05-30", CustomerRef={"value": "1", "name": "A"},
            Line=[line, {"Amount": Decimal("10.10"), "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}],
        )  # fmt: skip
        fake.now += timedelta(minutes=1)
    linked = {"Amount": Decimal("10.10"), "LinkedTxn": [{"TxnId": "1", "TxnType": "Invoice"}]}
    fake.save("Payment", 9, TotalAmt=Decimal("10.10"), CustomerRef={"value": "1"}, Line=[linked])
    return fake


@pytest.fixture
def address(fake: FakeQuickbooks, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where the fake is. The clients speak HTTPS unless they are told that this is a test."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    with serving(fake) as address:
        yield address


@pytest.fixture
def client(fake: FakeQuickbooks, address: str) -> Iterator[QuickBooks]:
    """The client of others, signed in by Intuit's own."""
    with AuthClient(*fake.client, "https://app.example/back", f"{address}{DISCOVERY}") as auth:
        client = QuickBooks(
            auth_client=auth,
            refresh_token="refresh-0",  # noqa: S106
            company_id=fake.realm,
            minorversion=75,
            use_decimal=True,
        )
        client.api_url_v3 = f"{address}/v3"
        with client.session:
            yield client


def test_pages_count_and_lines_are_read(client: QuickBooks) -> None:
    """Positions start at 1, an answer without rows is an empty one, and money keeps its digits."""
    pages = [Invoice.where("", order_by="Id", start_position=start, max_results=2, qb=client) for start in (1, 3, 5, 7)]
    assert [[one.Id for one in page] for page in pages] == [["1", "2"], ["3", "4"], ["5"], []]
    assert Invoice.count(qb=client) == 5
    assert pages[0][0].TotalAmt == Decimal("10.10")
    assert pages[0][0].Line[0].SalesItemLineDetail.UnitPrice == Decimal("5.05")
    assert pages[0][0].CustomerRef.name == "A"


def test_inactive_rows_show_where_they_are_asked_for(client: QuickBooks) -> None:
    """A list hides them otherwise."""
    assert [one.Id for one in Customer.all(qb=client)] == ["1"]
    assert [one.Id for one in Customer.where("Active IN (true, false)", qb=client)] == ["1", "2"]
    assert [one.DisplayName for one in Customer.filter(Active=False, qb=client)] == ["B"]


def test_a_document_is_fetched_by_id_with_what_it_is_linked_to(client: QuickBooks) -> None:
    """A payment names the invoices that it settles."""
    found = Payment.get(9, qb=client)
    assert [(one.TxnId, one.TxnType) for one in found.Line[0].LinkedTxn] == [("1", "Invoice")]
    with pytest.raises(ObjectNotFoundException):
        Payment.get(10, qb=client)


def test_the_feed_tells_changes_and_deletions(fake: FakeQuickbooks, client: QuickBooks) -> None:
    """Deleted documents are told with their id alone."""
    since = fake.now
    fake.now += timedelta(minutes=1)
    fake.void("Invoice", 2)
    fake.delete("Invoice", 3)
    told = change_data_capture([Invoice, Bill], since.isoformat(), qb=client)
    assert [(one.Id, getattr(one, "status", ""), one.TotalAmt) for one in told.Invoice] == [
        ("2", "", 0), ("3", "Deleted", ""),
    ]  # fmt: skip
    assert told.Invoice[0].PrivateNote.startswith("Voided")
    assert not hasattr(told, "Bill")


def test_what_is_wrong_is_told_in_intuits_way(fake: FakeQuickbooks, client: QuickBooks) -> None:
    """An error is a Fault with a code; an old token is status 401."""
    with pytest.raises(QuickbooksException) as raised:
        Invoice.query("SELECT FROM nothing", qb=client)
    assert raised.value.error_code == 4000
    fake.without = ("PurchaseOrder",)
    with pytest.raises(QuickbooksException) as raised:
        PurchaseOrder.all(qb=client)
    assert raised.value.error_code == 5020
    fake.expire()
    with pytest.raises(AuthorizationException):
        Invoice.all(qb=client)


def test_the_refresh_token_rotates_and_the_old_one_is_dead(fake: FakeQuickbooks, client: QuickBooks) -> None:
    """Who does not keep the new one has to connect the company file anew."""
    assert (client.refresh_token, fake.refreshed) == ("refresh-1", 1)
    fake.expire()
    client.auth_client.refresh(refresh_token=client.refresh_token)
    assert client.auth_client.refresh_token == fake.refresh_token == "refresh-2"  # noqa: S105
    with pytest.raises(AuthClientError):
        client.auth_client.refresh(refresh_token="refresh-0")  # noqa: S106
