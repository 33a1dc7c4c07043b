"""The fake HubSpot answers a client that others made as a real account would: it is no mirror of our own reader.

That client knows the numbered addresses only. The dated ones have the same shapes by the public description of both.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import hubspot
import pytest
from fakes.hubspot import FakeHubspot
from fakes.hubspot_account import written
from fakes.hubspot_sample import empty_account
from fakes.serving import serving
from hubspot.crm.associations.v4 import BatchInputPublicFetchAssociationsBatchRequest
from hubspot.crm.deals import ApiException, BatchReadInputSimplePublicObjectId, PublicObjectSearchRequest
from hubspot.crm.objects.deal_splits import BatchInputPublicObjectId


@pytest.fixture
def fake() -> FakeHubspot:
    """An account with seven deals, one of them archived."""
    fake = empty_account()
    for number in range(1, 8):
        fake.create("deals", number, dealname=f"Deal {number}", amount="1250.50", dealstage="new")
    fake.pass_time(hours=1)
    fake.archive("deals", 7)
    return fake


@pytest.fixture
def client(fake: FakeHubspot) -> Iterator[hubspot.HubSpot]:
    """The client of others."""
    with serving(fake) as address:
        yield hubspot.HubSpot(access_token=fake.token, host=address)


def test_a_list_leads_to_all_that_is_not_archived(client: hubspot.HubSpot) -> None:
    """Pages, properties and moments are HubSpot's."""
    first = client.crm.deals.basic_api.get_page(limit=4, properties=["amount"], archived=False)
    assert [deal.id for deal in first.results] == ["1", "2", "3", "4"]
    assert first.results[0].properties == {"amount": "1250.50"}
    rest = client.crm.deals.basic_api.get_page(limit=4, after=first.paging.next.after)
    assert [deal.id for deal in rest.results] == ["5", "6"]
    assert rest.paging is None
    assert rest.results[0].updated_at == datetime(2026, 7, 1, 6, tzinfo=UTC)


def test_who_shares_a_deal_is_told_by_deal(client: hubspot.HubSpot, fake: FakeHubspot) -> None:
    """A part is a text below one; a deal that nobody shares is not in the answer."""
    fake.splits = {"2": [("70", "0.6"), ("71", "0.4")]}
    asked = BatchInputPublicObjectId(inputs=[{"id": "1"}, {"id": "2"}])
    (deal,) = client.crm.objects.deal_splits.batch_api.read(asked).results
    assert deal.id == "2"
    assert [split.properties for split in deal.splits] == [
        {"hs_deal_split_percentage": "0.6", "hubspot_owner_id": "70"},
        {"hs_deal_split_percentage": "0.4", "hubspot_owner_id": "71"},
    ]


def test_the_archive_is_a_list_of_its_own(client: hubspot.HubSpot) -> None:
    """What was deleted is told of for ninety days, with the moment."""
    (deal,) = client.crm.deals.basic_api.get_page(archived=True).results
    assert (deal.id, deal.archived, deal.archived_at) == ("7", True, datetime(2026, 7, 1, 7, tzinfo=UTC))


def test_search_finds_by_moment_and_id(client: hubspot.HubSpot, fake: FakeHubspot) -> None:
    """Filters are joined by AND, moments are milliseconds."""
    fake.change("deals", 2, amount="1.00")
    fake.change("deals", 5, amount="2.00")
    since = str(int(datetime(2026, 7, 1, 6, 30, tzinfo=UTC).timestamp() * 1000))
    filters = [
        {"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": since},
        {"propertyName": "hs_object_id", "operator": "GT", "value": "2"},
    ]
    asked = PublicObjectSearchRequest(filter_groups=[{"filters": filters}], properties=["amount"], limit=10)
    found = client.crm.deals.search_api.do_search(asked)
    assert (found.total, [deal.id for deal in found.results]) == (1, ["5"])


def test_records_by_their_ids_have_their_history(client: hubspot.HubSpot, fake: FakeHubspot) -> None:
    """Versions of a property stand newest first."""
    fake.change("deals", 2, dealstage="won")
    asked = BatchReadInputSimplePublicObjectId(
        inputs=[{"id": "2"}], properties=["amount"], properties_with_history=["dealstage"]
    )
    (deal,) = client.crm.deals.batch_api.read(asked).results
    versions = deal.properties_with_history["dealstage"]
    assert [version.value for version in versions] == ["won", "new"]
    assert written(versions[0].timestamp) == "2026-07-01T07:00:00.000Z"


def test_associations_say_which_is_the_primary_one(client: hubspot.HubSpot, fake: FakeHubspot) -> None:
    """A deal may belong to several companies; one of them is its own."""
    fake.link("deals", 2, "companies", 8)
    fake.link("deals", 2, "companies", 9, primary=True)
    asked = BatchInputPublicFetchAssociationsBatchRequest(inputs=[{"id": "2"}])
    (found,) = client.crm.associations.v4.batch_api.get_page("deals", "companies", asked).results
    assert [(str(to.to_object_id), to.association_types[-1].label) for to in found.to] == [
        ("8", None),
        ("9", "Primary"),
    ]


def test_more_associations_than_a_page_holds_come_page_by_page(client: hubspot.HubSpot, fake: FakeHubspot) -> None:
    """Of each record by itself: what to ask for next stands with it."""
    for number in range(501):
        fake.link("deals", 2, "companies", 1000 + number)
    seen, after = [], None
    for _ in range(2):
        asked = BatchInputPublicFetchAssociationsBatchRequest(
            inputs=[{"id": "2", **({"after": after} if after else {})}]
        )
        (found,) = client.crm.associations.v4.batch_api.get_page("deals", "companies", asked).results
        seen += [str(to.to_object_id) for to in found.to]
        after = found.paging.next.after if found.paging else None
    assert (len(set(seen)), after) == (501, None)


def test_errors_are_the_ones_that_clients_know(client: hubspot.HubSpot, fake: FakeHubspot) -> None:
    """A status, and a body with category and message."""
    with pytest.raises(ApiException, match="VALIDATION_ERROR"):
        client.crm.deals.basic_api.get_page(limit=101)
    with pytest.raises(ApiException, match="VALIDATION_ERROR"):
        client.crm.deals.search_api.do_search(PublicObjectSearchRequest(limit=200, after="9900"))
    fake.expire_tokens()
    with pytest.raises(ApiException, match="INVALID_AUTHENTICATION"):
        client.crm.deals.basic_api.get_page()
