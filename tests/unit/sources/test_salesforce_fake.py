"""The fake Salesforce answers a client that others made as a real org would: it is no mirror of our own reader."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import requests
from fakes.salesforce import FakeSalesforce
from fakes.salesforce_sample import empty_org
from fakes.serving import serving
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceExpiredSession, SalesforceMalformedRequest


class OverHttp(requests.adapters.HTTPAdapter):
    """The client speaks only HTTPS; the fake on this machine only HTTP."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        request.url = str(request.url).replace("https://", "http://", 1)
        return super().send(request, *args, **kwargs)


@pytest.fixture
def fake() -> FakeSalesforce:
    """An org with five opportunities on three pages, one of them in the bin, and a token that was given."""
    fake = empty_org(page=2)
    fake.tokens.add("token")
    for number in range(5):
        fake.create("Opportunity", Id=f"006{number}", Name=f"Deal {number}", Amount=Decimal("1250.50"))
    fake.delete("Opportunity", "0064")
    return fake


@pytest.fixture
def client(fake: FakeSalesforce) -> Iterator[Salesforce]:
    """The client of others, signed in."""
    with serving(fake) as address, requests.Session() as session:
        session.mount("https://", OverHttp())
        host = address.removeprefix("http://")
        yield Salesforce(instance=host, session_id="token", version="67.0", session=session)


def test_pages_lead_to_all_that_is_not_deleted(client: Salesforce) -> None:
    """Links, totals and the recycle bin are Salesforce's."""
    found = client.query_all("SELECT Id, Amount FROM Opportunity ORDER BY Id")
    assert [record["Id"] for record in found["records"]] == ["0060", "0061", "0062", "0063"]
    assert (found["totalSize"], found["done"]) == (4, True)
    assert found["records"][0]["Amount"] == 1250.5


def test_all_and_the_deleted_too(client: Salesforce) -> None:
    """queryAll opens the bin."""
    found = client.query_all("SELECT Id, IsDeleted FROM Opportunity ORDER BY Id", include_deleted=True)
    assert [record["IsDeleted"] for record in found["records"]] == [False] * 4 + [True]


def test_an_object_describes_its_fields(client: Salesforce) -> None:
    """Describe is where a reader learns what an org has."""
    names = {field["name"] for field in client.Opportunity.describe()["fields"]}
    assert {"Id", "SystemModstamp", "Loss_Reason__c"} <= names


def test_a_moment_bounds_what_is_found(client: Salesforce, fake: FakeSalesforce) -> None:
    """Moments stand in SOQL without quotes."""
    fake.pass_time(hours=1)
    fake.change("Opportunity", "0062", Name="Changed")
    since = datetime(2026, 7, 1, 6, 30, tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    found = client.query(f"SELECT Id FROM Opportunity WHERE SystemModstamp >= {since}")
    assert [record["Id"] for record in found["records"]] == ["0062"]


def test_bulk_gives_the_same_records(client: Salesforce) -> None:
    """Jobs, locators and CSV are Bulk 2.0's."""
    pages = list(client.bulk2.Opportunity.query_all("SELECT Id, Amount FROM Opportunity ORDER BY Id", max_records=2))
    rows = [line.replace('"', "") for page in pages for line in page.splitlines()[1:]]
    assert rows == [f"006{number},1250.50" for number in range(5)]


def test_errors_are_the_ones_that_clients_know(client: Salesforce, fake: FakeSalesforce) -> None:
    """An array of objects with an error code, under the status that belongs to it."""
    with pytest.raises(SalesforceMalformedRequest, match="INVALID_FIELD"):
        client.query("SELECT Nonsense FROM Opportunity")
    fake.expire_tokens()
    with pytest.raises(SalesforceExpiredSession):
        client.query("SELECT Id FROM Opportunity")
