"""Reading a HubSpot account: nothing lost and nothing twice, whatever network, account and people do meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from fakes.hubspot import FakeHubspot
from fakes.hubspot_account import written
from fakes.hubspot_sample import empty_account
from fakes.serving import Answer, Fault, cut, half, serving, slow, status
from unit.sources.account import Account
from unit.sources.org import HURRIED

from pipelines.sources.api_check import check_api
from pipelines.sources.errors import ConnectionFailedError, SourceReadError
from pipelines.sources.http import AnswerError, BudgetError
from pipelines.sources.hubspot import open_hubspot
from pipelines.sources.sign_in import FixedToken, RefreshToken
from pipelines.sources.tokens import TokenStore

ROWS = 220
LIST = "GET /crm/objects/2026-09/deals"
SEARCH = "/crm/objects/2026-09/deals/search"
READ = "/crm/objects/2026-09/deals/batch/read"
OF_COMPANIES = "/crm/associations/2026-09/deals/companies/batch/read"
WHOLE = (ROWS, Decimal("24200.00"))  # 0.50 + 1.50 + ... + 219.50


class StoppedError(Exception):
    """What a killed process is to a test."""


def create_deal(fake: FakeHubspot, number: int, **given: Any) -> None:
    properties = {"amount": f"{number}.50", "dealstage": "new", "pipeline": "default", "deal_currency_code": "EUR"}
    fake.create("deals", 1000 + number, **{**properties, **given})


@pytest.fixture
def account(tmp_path: Path) -> Account:
    """An account with 220 deals on five pages, made an hour ago."""
    fake = empty_account()
    for number in range(ROWS):
        create_deal(fake, number)
    fake.pass_time(hours=1)
    return Account(fake, tmp_path, only=["deals"])


def deals(account: Account) -> tuple[int, Decimal]:
    """How many deals a new warehouse has, and their amount."""
    ((count, amount),) = account.rows("hubspot_deal", "count(*), sum(amount_doc)")
    return count, amount


# -- faults that waiting or asking again puts right ------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        status(429, b'{"status":"error","errorType":"RATE_LIMIT","policyName":"TEN_SECONDLY_ROLLING"}',
               content_type="application/json", retry_after="0"),
        status(503),
        half,
        cut,
        slow,
        status(401),
    ],
    ids=["429", "503", "half a JSON", "cut connection", "timeout", "401 once"],
)  # fmt: skip
def test_what_passes_is_waited_for(account: Account, fault: Callable[[Answer], Answer]) -> None:
    """A system that stumbles once in a night must not cost the morning's numbers."""
    account.fake.faults += [Fault(LIST, fault, after=1), Fault(READ, fault), Fault(SEARCH, fault)]
    assert account.land().refused == ()
    assert deals(account) == WHOLE


def test_a_revoked_key_is_told_and_not_tried_for_ever(account: Account) -> None:
    """A key that an administrator revoked is refused today and tomorrow; the message must not hold it."""
    account.fake.expire_tokens()
    with pytest.raises(ConnectionFailedError, match="INVALID_AUTHENTICATION") as raised:
        account.land()
    assert account.fake.token not in str(raised.value)
    assert len(account.fake.requests) == 2


def test_an_error_that_calls_itself_200_is_an_error(account: Account) -> None:
    """An answer of errors taken for an answer of no rows would delete a company's pipeline."""
    body = orjson.dumps({"status": "error", "message": "internal", "category": "RATE_LIMITS"})
    account.fake.faults.append(Fault(READ, status(200, body, content_type="application/json"), times=1000))
    with pytest.raises(AnswerError, match="RATE_LIMITS internal"):
        account.land()
    assert account.batches("hubspot_deal") == []


def test_the_accounts_daily_requests_are_left_to_others(account: Account) -> None:
    """Other integrations live from the same allowance: a full landing must not stop the web shop."""
    account.fake.daily = (250_000, 49_000)
    with pytest.raises(BudgetError, match="49000 of the account's 250000 daily requests"):
        account.land()
    account.fake.daily = (250_000, 200_000)
    body = orjson.dumps({"status": "error", "errorType": "RATE_LIMIT", "policyName": "DAILY"})
    account.fake.faults.append(Fault(READ, status(429, body, content_type="application/json")))
    with pytest.raises(BudgetError, match="try tomorrow"):
        account.land()
    account.land()
    assert deals(account) == WHOLE


# -- faults that end a landing: what was read is kept or thrown away, never half believed -----------------------------


@pytest.mark.parametrize("after", [1, 4])
def test_a_run_killed_at_a_page_goes_on_at_the_page(account: Account, after: int) -> None:
    """A machine that is switched off in the night must not cost what it had read."""
    seen = []

    def stop(step: str) -> None:
        seen.append(step)
        if seen.count("page_written") == after:
            raise StoppedError

    with pytest.raises(StoppedError):
        account.land(checkpoint=stop)
    asked = len(account.fake.requests)
    account.land()
    assert sum(request.path == READ for request in account.fake.requests[asked:]) == 5 - after
    assert deals(account) == WHOLE


def lose(answer: Answer) -> Answer:
    """Leave the records out and lead on."""
    return Answer(answer.status, orjson.dumps({**orjson.loads(answer.body), "results": []}), answer.headers)


def circle(answer: Answer) -> Answer:
    """The link leads back to the second page."""
    content = {**orjson.loads(answer.body), "paging": {"next": {"after": "1049"}}}
    return Answer(answer.status, orjson.dumps(content), answer.headers)


class Repeat:
    """Gives the records of the first page it sees again in place of the next one's."""

    def __init__(self) -> None:
        self.records: list[Any] | None = None

    def __call__(self, answer: Answer) -> Answer:
        content = orjson.loads(answer.body)
        if self.records is None:
            self.records = content["results"]
            return answer
        return Answer(answer.status, orjson.dumps({**content, "results": self.records}), answer.headers)


@pytest.mark.parametrize(
    ("fault", "times", "said"),
    [(Repeat, 2, "220 records with 170 keys came"), (lambda: lose, 1, "170 records"), (lambda: circle, 9, "circle")],
    ids=["repeated page", "lost page", "looping cursor"],
)
def test_pages_that_do_not_add_up_are_not_taken(account: Account, fault: Any, times: int, said: str) -> None:
    """Fifty deals missing from a pipeline look like a bad month."""
    account.fake.faults.append(Fault(LIST, fault(), after=1, times=times))
    with pytest.raises(SourceReadError, match=said):
        account.land()
    assert account.batches("hubspot_deal") == []
    account.fake.faults.clear()
    account.land()
    assert deals(account) == WHOLE


def test_a_page_of_changes_that_is_lost_or_repeated_is_not_taken(account: Account) -> None:
    """Changes are proved like everything: search must give as many as it counts, and none again."""
    account.land()
    for number in range(ROWS):
        account.fake.change("deals", 1000 + number, amount=f"{number + 1}.50")
    account.fake.pass_time(minutes=10)
    account.fake.faults.append(Fault(SEARCH, lose, after=1))
    with pytest.raises(SourceReadError, match="the system announced 220"):
        account.land()
    account.fake.faults[:] = [Fault(SEARCH, Repeat(), times=2)]
    with pytest.raises(SourceReadError, match="gives records again"):
        account.land()
    account.fake.faults.clear()
    account.land()
    assert deals(account) == (ROWS, Decimal("24420.00"))


# -- what people do meanwhile -----------------------------------------------------------------------------------------


def test_a_change_brings_one_record_and_nothing_changed_no_batch(account: Account) -> None:
    """A run every hour must not publish the same numbers twenty-four times a day."""
    account.land()
    account.fake.pass_time(hours=1)
    account.fake.change("deals", 1003, amount="1003.50")
    account.fake.pass_time(minutes=1)
    (batch,) = account.land().landed
    assert (batch.kind, batch.rows.loaded) == ("delta", 1)
    assert deals(account) == (ROWS, Decimal("25200.00"))
    account.fake.pass_time(minutes=10)
    assert account.land().is_nothing


def test_more_changes_than_search_gives_are_read_by_their_ids(account: Account) -> None:
    """A mass update stamps all deals alike: paging by moment would stop at the ceiling or go round for ever."""
    account.land()
    account.fake.pass_time(hours=1)
    for number in range(ROWS):
        account.fake.change("deals", 1000 + number, amount="1.00")
    account.fake.pass_time(minutes=10)
    (batch,) = account.land().landed
    assert batch.rows.loaded == ROWS
    assert all(b'"after"' not in request.body for request in account.fake.requests), "no place in a result that shifts"
    assert deals(account) == (ROWS, Decimal("220.00"))


def test_records_stamped_at_the_bound_itself_are_all_read(account: Account) -> None:
    """Whole tables share one moment after a bulk change; half of them must not stay behind it."""
    account.land()
    create_deal(account.fake, 2000)
    account.fake.pass_time(seconds=1)
    account.land()
    assert deals(account) == (ROWS + 1, Decimal("26200.50"))


def test_what_search_does_not_show_yet_is_read_all_the_same(account: Account) -> None:
    """The index lags behind. A new deal is in the list at once, and must not make everything be read again."""
    account.fake.index_lag = timedelta(minutes=2)
    account.land()
    account.fake.pass_time(hours=1)
    create_deal(account.fake, 2000)
    account.fake.pass_time(seconds=10)
    account.fake.erase("deals", 1003)  # so that the counts differ and keys are compared
    batches = account.land().landed
    assert "full" not in [batch.kind for batch in batches]
    account.fake.pass_time(minutes=5)
    account.land()
    assert deals(account) == (ROWS, Decimal("26197.00"))


def test_a_change_committed_behind_the_cursor_is_read(account: Account) -> None:
    """No count tells of an amount that changed: only looking back does."""
    account.land()
    account.fake.pass_time(hours=1)
    create_deal(account.fake, 2000)
    account.fake.pass_time(minutes=5)
    account.land()
    account.fake.change("deals", 1003, at=account.fake.now - timedelta(minutes=20), amount="1003.50")
    account.fake.pass_time(minutes=5)
    (batch,) = account.land().landed
    assert batch.kind == "delta"
    assert deals(account) == (ROWS + 1, Decimal("27200.50"))


def test_a_record_written_far_behind_the_cursor_is_found_by_its_key(account: Account) -> None:
    """An import stamped yesterday: no overlap is long enough, so the count tells."""
    account.land()
    account.fake.pass_time(days=2)
    create_deal(account.fake, 3000, at=account.fake.now - timedelta(days=1))
    account.land()
    assert deals(account)[0] == ROWS + 1


def test_an_archived_record_is_gone_and_a_restored_one_is_back(account: Account) -> None:
    """Neither moves the record's stamp: the archive tells of the one, the count of the other."""
    account.land()
    account.fake.pass_time(minutes=50)
    account.fake.archive("deals", 1003)
    account.fake.pass_time(minutes=5)
    (batch,) = account.land().landed
    assert (batch.kind, batch.rows.loaded) == ("delta", 1)
    assert deals(account) == (ROWS - 1, Decimal("24196.50"))
    assert account.land().is_nothing
    account.fake.restore("deals", 1003)
    account.fake.pass_time(minutes=5)
    account.land()
    assert deals(account) == WHOLE


@pytest.mark.parametrize("way", ["erased", "archived and forgotten"])
def test_a_record_gone_without_a_trace_is_gone(account: Account, way: str) -> None:
    """A deal that is no more must not stay in the pipeline for ever, though nobody looked while the archive had it."""
    account.land()
    if way == "erased":
        account.fake.erase("deals", 1003)
    else:
        account.fake.archive("deals", 1003)
        account.fake.pass_time(days=91)
    account.fake.pass_time(minutes=5)
    account.land()
    assert deals(account) == (ROWS - 1, Decimal("24196.50"))


def test_a_deletion_between_pages_loses_no_other_record(account: Account) -> None:
    """Pages by number shift when a record before them goes."""

    def archive(answer: Answer) -> Answer:
        account.fake.archive("deals", 1003)
        return answer

    account.fake.faults.append(Fault(LIST, archive, after=1))
    account.land()
    account.fake.pass_time(minutes=5)
    account.land()
    assert deals(account) == (ROWS - 1, Decimal("24196.50"))


def test_merged_deals_are_one_deal_under_its_new_id(account: Account) -> None:
    """Two deals that were one must not be counted twice, nor the one that is left be lost."""
    account.land()
    account.fake.pass_time(minutes=5)
    account.fake.merge("deals", 1003, 1004, 5000)
    account.fake.pass_time(minutes=5)
    account.land()
    assert deals(account) == (ROWS - 1, Decimal("24195.50"))
    assert [key for (key,) in account.rows("hubspot_deal", "id", where="id like '%:5%'")] == ["crm:5000"]


def test_deals_merged_between_list_and_reading_are_one_deal(account: Account) -> None:
    """The old ids answer with the new deal, which the list has too: it must come once."""

    def merge(answer: Answer) -> Answer:
        account.fake.merge("deals", 1103, 1104, 5000)
        return answer

    account.fake.faults.append(Fault(LIST, merge, after=2))
    account.land()
    account.fake.pass_time(minutes=5)
    account.land()
    assert deals(account) == (ROWS - 1, Decimal("24095.50"))  # of 103.50 and 104.50 the one that was kept stays


def test_an_association_that_moved_without_a_stamp_is_read_within_a_week(account: Account) -> None:
    """A deal put under another company is that company's revenue."""
    account.fake.link("deals", 1003, "companies", 8)
    account.fake.link("deals", 1003, "companies", 9, primary=True)
    account.land()
    assert account.rows("hubspot_deal", "company_id", where="company_id is not null") == [("crm:9",)]
    account.fake.objects["deals"]["1003"].linked["companies"] = [("8", True), ("9", False)]
    account.fake.pass_time(days=7)
    account.land()
    assert account.rows("hubspot_deal", "company_id", where="company_id is not null") == [("crm:8",)]


def test_of_more_associations_than_a_page_holds_the_one_that_counts_is_found(account: Account) -> None:
    """A deal of a large group has hundreds of companies: its revenue is the primary one's, wherever that is listed."""
    for number in range(1202, 0, -1):
        account.fake.link("deals", 1003, "companies", 20_000 + number)
        account.fake.link("deals", 1004, "companies", 20_000 + number)
        account.fake.link("deals", 1005, "companies", 30_000 + number, primary=number == 1200)
    account.fake.link("deals", 1004, "companies", 9, primary=True)
    account.land()
    asked = [orjson.loads(one.body)["inputs"] for one in account.fake.requests if one.path.endswith(OF_COMPANIES)]
    assert account.rows("hubspot_deal", "id, company_id", where="company_id is not null") == [
        ("crm:1003", "crm:20001"),  # without a primary one the oldest
        ("crm:1004", "crm:9"),
        ("crm:1005", "crm:31200"),
    ]
    assert [one for one in asked if "after" in one[0]] == [
        [{"id": "1003", "after": "500"}, {"id": "1004", "after": "500"}],
        [{"id": "1003", "after": "1000"}, {"id": "1004", "after": "1000"}],
    ]


def test_pages_of_associations_in_a_circle_are_told(account: Account) -> None:
    """Otherwise the landing would ask until the day's requests are used up."""
    for number in range(501):
        account.fake.link("deals", 1003, "companies", 20_000 + number)

    def first_page(answer: Answer) -> Answer:
        content = orjson.loads(answer.body)
        content["results"][0]["paging"] = {"next": {"after": "500"}}
        return Answer(answer.status, orjson.dumps(content), answer.headers)

    account.fake.faults.append(Fault(OF_COMPANIES, first_page, times=9))
    with pytest.raises(SourceReadError, match="the pages of 1003 go round in a circle"):
        account.land()


@pytest.mark.parametrize("version", ["2026-09", "v3"])
def test_who_shares_a_deal_is_read_with_it_and_replaced_with_it(tmp_path: Path, version: str) -> None:
    """Two sellers who are both credited with the whole deal are both paid for it."""
    account = Account(empty_account(splits={}), tmp_path, only=["deals"], version=version)
    assert account.fake.splits is not None
    create_deal(account.fake, 1)
    create_deal(account.fake, 2)
    account.fake.splits["1001"] = [("70", "0.6"), ("71", "0.4")]
    account.fake.pass_time(hours=1)
    account.land()
    shared = '[{"owner": "70", "percentage": "0.6"}, {"owner": "71", "percentage": "0.4"}]'
    assert sorted(account.rows("hubspot_deal", "id, splits")) == [("crm:1001", shared), ("crm:1002", None)]
    account.fake.splits["1001"] = [("70", "1.0")]
    account.fake.change("deals", 1001, dealname="now 70's alone")
    account.fake.pass_time(hours=1)
    account.land()
    assert ("crm:1001", '[{"owner": "70", "percentage": "1.0"}]') in account.rows("hubspot_deal", "id, splits")


def test_a_key_without_the_right_to_splits_reads_deals_without_them(tmp_path: Path) -> None:
    """Most accounts share no deals, and the only right to read shares is one to write them too."""
    account = Account(empty_account(), tmp_path, only=["deals"])
    create_deal(account.fake, 1)
    account.fake.pass_time(hours=1)
    assert account.land().refused == ()
    assert account.rows("hubspot_deal", "id, splits") == [("crm:1001", None)]
    with serving(account.fake) as address:
        opened = open_hubspot(FixedToken(account.fake.token), address=address, version="2026-09", patience=HURRIED)
        (checked,) = check_api(opened, account.objects).files
    assert [(column.canonical, column.header) for column in checked.missing] == [("splits", "splits")]


def test_an_amount_keeps_its_digits_and_one_that_is_none_is_quarantined_once(account: Account) -> None:
    """Seventeen digits are more than a binary float holds; a word in their place costs its row and is shown."""
    create_deal(account.fake, 4000, amount="1234567890123456.78")
    create_deal(account.fake, 4001, amount="a lot")
    account.fake.pass_time(minutes=1)
    (batch,) = account.land().landed
    assert (batch.rows.loaded, batch.rows.quarantined) == (ROWS + 1, 1)
    assert ("crm:5000", Decimal("1234567890123456.78")) in account.rows("hubspot_deal", "id, amount_doc")
    account.fake.pass_time(minutes=5)
    assert account.land().is_nothing


# -- the account changes ----------------------------------------------------------------------------------------------


def test_a_property_that_a_mapping_names_and_that_is_gone_is_told_by_name(account: Account) -> None:
    """A property deleted by an administrator must not become a column of nothing."""
    account.land()
    del account.fake.properties["deals"]["legal_entity"]
    with pytest.raises(SourceReadError, match=r"deals has no property legal_entity \(entity_id\)"):
        account.land()
    assert deals(account) == WHOLE


def test_a_property_that_came_with_a_product_may_be_missing(account: Account) -> None:
    """HubSpot's own properties differ by product: an account without one has nothing in it."""
    del account.fake.properties["deals"]["hs_next_step"]
    account.land()
    assert deals(account) == WHOLE


def test_objects_of_products_that_the_account_does_not_have_are_left_out(tmp_path: Path) -> None:
    """Leads and campaigns are paid for; deals without the right to read them are a mistake to be told."""
    account = Account(empty_account(unscoped={"leads", "campaigns"}), tmp_path, only=["leads", "campaigns"])
    assert account.land().missing == ("campaigns", "leads")
    account = Account(empty_account(unscoped={"deals"}), tmp_path, only=["deals"])
    with pytest.raises(AnswerError, match="MISSING_SCOPES"):
        account.land()


def test_an_account_that_moves_to_another_time_zone_is_read_again(account: Account) -> None:
    """Every day in it is another one then."""
    account.land()
    account.fake.time_zone = "America/New_York"
    account.fake.pass_time(minutes=1)
    (batch,) = account.land().landed
    assert (batch.kind, batch.rows.loaded) == ("full", ROWS)
    assert account.rows("hubspot_deal", "distinct time_zone, account_currency") == [("America/New_York", "EUR")]


def test_a_check_shows_own_properties_that_nothing_is_filled_from(tmp_path: Path) -> None:
    """What a company added to its account is often what it wants to see."""
    account = Account(empty_account(), tmp_path, only=["companies"])
    del account.fake.properties["companies"]["segment"]
    with serving(account.fake) as address:
        opened = open_hubspot(FixedToken(account.fake.token), address=address, version="2026-09", patience=HURRIED)
        (checked,) = check_api(opened, account.objects).files
    assert [column.header for column in checked.unmapped] == ["shoe_size"]
    assert [(column.canonical, column.header) for column in checked.missing] == [("segment", "segment")]
    assert "segment (segment)" in checked.refusal


@pytest.mark.parametrize("version", ["v3", "2026-09"])
def test_owners_and_stages_are_read_whole_and_land_when_they_change(tmp_path: Path, version: str) -> None:
    """Who left and what a stage means are part of every number about deals."""
    account = Account(empty_account(), tmp_path, only=["owners", "deal_stages"], version=version)
    stamp = written(account.fake.now)
    for number in range(130):
        account.fake.owners.append({"id": str(number), "archived": number > 120, "updatedAt": stamp, "email": "A@b.c"})
    account.fake.add_stage("deals", "Sales", "won", "Won", isClosed="true", probability="1.0")
    account.fake.pass_time(minutes=1)
    account.land()
    assert account.rows("hubspot_owner", "count(*)", where="true") == [(130,)]
    account.fake.pass_time(hours=1)
    assert account.land().is_nothing
    account.fake.pipelines["deals"][0] |= {"label": "New sales", "updatedAt": written(account.fake.now)}
    account.fake.pass_time(minutes=1)
    account.land()
    rows = account.rows("hubspot_deal_stage", "id, pipeline, is_closed, probability", where="true")
    assert rows == [("crm:sales/won", "New sales", True, Decimal(1))]


# -- signing in -------------------------------------------------------------------------------------------------------


def test_an_apps_consent_gives_tokens_and_its_end_is_told(account: Account) -> None:
    """Access tokens live for half an hour; a consent that was withdrawn only a person can give anew."""
    account.fake.consent = "consent"
    store = TokenStore(account.root / "secrets" / "crm.json", "consent")

    def expire(answer: Answer) -> Answer:
        account.fake.expire_tokens()
        return answer

    account.fake.faults.append(Fault(LIST, expire))
    with serving(account.fake) as address:
        account.land(RefreshToken(f"{address}/oauth/2026-09/token", *account.fake.client, store))
    assert deals(account) == WHOLE
    assert account.fake.signed_in == 2
    account.fake.consent = None
    account.fake.expire_tokens()
    with serving(account.fake) as address, pytest.raises(ConnectionFailedError, match="the consent has ended"):
        account.land(RefreshToken(f"{address}/oauth/2026-09/token", *account.fake.client, store))
