"""Reading a Salesforce org: nothing lost and nothing twice, whatever network, org and other people do meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from fakes.salesforce import FakeSalesforce
from fakes.salesforce_sample import empty_org
from fakes.serving import Answer, Fault, cut, half, serving, slow, status
from unit.sources.org import HURRIED, Org

from pipelines.landing.api_landing import land_api
from pipelines.sources.api_check import check_api
from pipelines.sources.errors import ConnectionFailedError, SourceReadError
from pipelines.sources.http import AnswerError, BudgetError, Patience
from pipelines.sources.salesforce import open_salesforce
from pipelines.sources.sign_in import ClientCredentials, RefreshToken
from pipelines.sources.tokens import TokenStore

ROWS = 900
PAGES = "/query/01g"
FIRST = "SELECT Id"


class StoppedError(Exception):
    """What a killed process is to a test."""


def create_deal(fake: FakeSalesforce, number: int, **fields: Any) -> None:
    amount = Decimal(f"{number}.50")
    given = {"Name": "A", "StageName": "Open", "CurrencyIsoCode": "EUR", "IsWon": False, "IsClosed": False}
    fake.create("Opportunity", **{"Id": f"006{number:06d}", "Amount": amount, **given, **fields})


@pytest.fixture
def org(tmp_path: Path) -> Org:
    """An org with 900 opportunities on five pages, made five minutes ago."""
    fake = empty_org()
    for number in range(ROWS):
        create_deal(fake, number)
    fake.pass_time(minutes=5)
    return Org(fake, tmp_path, only=["Opportunity"])


def deals(org: Org) -> tuple[int, Decimal]:
    """How many opportunities a new warehouse has, and their amount."""
    ((count, amount),) = org.rows("salesforce_opportunity", "count(*), sum(amount_doc)")
    return count, amount


WHOLE = (ROWS, Decimal("405000.00"))  # 0.50 + 1.50 + ... + 899.50


# -- faults that waiting or asking again puts right ------------------------------------------------------------------


@pytest.mark.parametrize("at", [FIRST, PAGES], ids=["first page", "a later page"])
@pytest.mark.parametrize(
    "fault",
    [
        status(429, retry_after="0"),
        status(429, retry_after="Wed, 21 Oct 2015 07:28:00 GMT"),
        status(503),
        status(502, b"<html>bad gateway</html>", content_type="text/html"),
        half,
        cut,
        slow,
    ],
    ids=["429", "429 until a moment", "503", "502", "half a JSON", "cut connection", "timeout"],
)
def test_what_passes_is_waited_for(org: Org, at: str, fault: Callable[[Answer], Answer]) -> None:
    """A system that stumbles once in a night must not cost the morning's numbers."""
    org.fake.faults.append(Fault(at, fault))
    assert org.land().refused == ()
    assert deals(org) == WHOLE


def test_a_token_that_expires_in_the_middle_is_got_again_once(org: Org) -> None:
    """Access tokens live shorter than a long landing."""

    def expire(answer: Answer) -> Answer:
        org.fake.expire_tokens()
        return answer

    org.fake.faults.append(Fault(PAGES, expire))
    org.land()
    assert deals(org) == WHOLE
    assert org.fake.signed_in == 2


def test_a_user_without_rights_is_not_signed_in_for_ever(org: Org) -> None:
    """A blocked user must be told of, not locked out by a thousand attempts."""
    org.fake.faults.append(Fault("/limits", status(401), times=1000))
    org.fake.faults.append(Fault("/describe", status(401), times=1000))
    with pytest.raises(ConnectionFailedError):
        org.land()
    assert org.fake.signed_in == 2


def test_a_request_that_is_wrong_is_asked_once(org: Org) -> None:
    """A 400 is the same tomorrow; asking again only burns the day's allowance."""
    body = orjson.dumps([{"message": "unexpected token", "errorCode": "MALFORMED_QUERY"}])
    org.fake.faults.append(Fault(FIRST, status(400, body, content_type="application/json"), times=1000))
    with pytest.raises(AnswerError, match="MALFORMED_QUERY unexpected token"):
        org.land()
    assert sum(request.query.get("q", "").startswith(FIRST) for request in org.fake.requests) == 1


def test_an_error_that_calls_itself_200_is_an_error(org: Org) -> None:
    """An answer of errors taken for an answer of no rows would delete a company's pipeline."""
    body = orjson.dumps([{"message": "query took too long", "errorCode": "QUERY_TIMEOUT"}])
    org.fake.faults.append(Fault(PAGES, status(200, body, content_type="application/json"), times=1000))
    with pytest.raises(AnswerError, match="QUERY_TIMEOUT"):
        org.land()
    assert org.batches("salesforce_opportunity") == []


# -- faults that end a landing: what was read is kept or thrown away, never half believed -----------------------------


def test_a_system_that_stays_away_is_gone_on_with_at_the_page(org: Org) -> None:
    """A landing of hours must not start anew because its last minute failed."""
    org.fake.faults.append(Fault("-600?", status(503), times=HURRIED.attempts))
    with pytest.raises(ConnectionFailedError, match="no usable answer in 4 attempts; the last: status 503"):
        org.land()
    asked = len(org.fake.requests)
    org.land()
    pages = [request.path[-4:] for request in org.fake.requests[asked:] if PAGES in request.path]
    assert pages == ["-600", "-800"]
    assert deals(org) == WHOLE


@pytest.mark.parametrize("after", [1, 2, 4])
def test_a_run_killed_at_a_page_goes_on_at_the_page(org: Org, after: int) -> None:
    """A machine that is switched off in the night must not cost what it had read."""
    seen = []

    def stop(step: str) -> None:
        seen.append(step)
        if seen.count("page_written") == after:
            raise StoppedError

    with pytest.raises(StoppedError):
        org.land(checkpoint=stop)
    asked = len(org.fake.requests)
    org.land()
    pages = [request for request in org.fake.requests[asked:] if PAGES in request.path]
    assert len(pages) == 5 - after
    assert deals(org) == WHOLE


@pytest.mark.parametrize("step", ["pages_read", "part_written", "quarantine_written", "manifest_written", "renamed"])
def test_a_run_killed_while_closing_counts_once(org: Org, step: str) -> None:
    """A batch closed twice would be a number changed twice."""

    def stop(at: str) -> None:
        if at == step:
            raise StoppedError

    with pytest.raises(StoppedError):
        org.land(checkpoint=stop)
    org.land()
    assert len(org.batches("salesforce_opportunity")) == 1
    assert deals(org) == WHOLE


def test_a_page_altered_on_disk_is_read_again(org: Org) -> None:
    """What lies in an open batch is believed only as far as its hash goes."""
    with pytest.raises(StoppedError):
        org.land(checkpoint=_stop_at_page)
    (page,) = (org.landing / "crm").glob(".open-*/page-00000.jsonl")
    page.write_bytes(page.read_bytes().replace(b"899.50", b"999.50").replace(b'"0.50"', b'"9.50"')[:-1] + b" ")
    org.land()
    assert deals(org) == WHOLE


def test_pages_that_are_forgotten_are_read_from_the_start(org: Org) -> None:
    """A locator lives for days; a run may come later."""
    with pytest.raises(StoppedError):
        org.land(checkpoint=_stop_at_page)
    org.fake.forget_queries()
    org.land()
    assert deals(org) == WHOLE


class Repeat:
    """Gives the records of the first page it sees again in place of the next one's."""

    def __init__(self) -> None:
        self.records: list[Any] | None = None

    def __call__(self, answer: Answer) -> Answer:
        content = orjson.loads(answer.body)
        if self.records is None:
            self.records = content["records"]
            return answer
        return Answer(answer.status, orjson.dumps({**content, "records": self.records}), answer.headers)


def skip(answer: Answer) -> Answer:
    """The link leads past a page."""
    return Answer(answer.status, answer.body.replace(b"-400", b"-600"), answer.headers)


def circle(answer: Answer) -> Answer:
    """The link leads back."""
    return Answer(answer.status, answer.body.replace(b"-600", b"-200"), answer.headers)


@pytest.mark.parametrize(
    ("fault", "times", "said"),
    [(Repeat, 2, "900 records with 700 keys came"), (lambda: skip, 1, "700 records"), (lambda: circle, 9, "circle")],
    ids=["repeated page", "lost page", "looping cursor"],
)
def test_pages_that_do_not_add_up_are_not_taken(org: Org, fault: Any, times: int, said: str) -> None:
    """Two hundred deals missing from a pipeline look like a bad month."""
    org.fake.faults.append(Fault(PAGES, fault(), times=times))
    with pytest.raises(SourceReadError, match=said):
        org.land()
    assert org.batches("salesforce_opportunity") == []
    org.fake.faults.clear()
    org.land()
    assert deals(org) == WHOLE


def test_the_orgs_daily_requests_are_left_to_others(org: Org) -> None:
    """Other integrations live from the same allowance: a full landing must not stop the web shop."""
    org.fake.usage = (81_000, 100_000)
    with pytest.raises(BudgetError, match="81000 of the org's 100000 daily requests"):
        org.land()


def test_a_run_has_its_share_of_requests_and_the_next_goes_on(org: Org) -> None:
    """A first landing may take days of allowance; each takes up where the last one stopped."""
    org.patience = Patience(timeout=1, requests=6)
    with pytest.raises(BudgetError):
        org.land()
    org.land()
    assert deals(org) == WHOLE


# -- what people do meanwhile -----------------------------------------------------------------------------------------


def test_a_change_brings_one_record(org: Org) -> None:
    """Nine hundred deals are not read again because one moved."""
    org.land()
    org.fake.pass_time(hours=1)
    org.fake.change("Opportunity", "006000003", Amount=Decimal("1003.50"))
    org.fake.pass_time(minutes=1)
    (batch,) = org.land().landed
    assert (batch.kind, batch.rows.loaded) == ("delta", 1)
    assert deals(org) == (ROWS, Decimal("406000.00"))


def test_nothing_changed_makes_no_batch(org: Org) -> None:
    """A run every hour must not publish the same numbers twenty-four times a day."""
    org.land()
    org.fake.pass_time(minutes=10)
    assert org.land().is_nothing
    org.fake.pass_time(hours=10)
    assert org.land().is_nothing


def test_records_stamped_at_the_bound_itself_are_all_read(org: Org) -> None:
    """Whole tables share one second after a bulk change; half of them must not stay behind it."""
    bound = org.fake.now
    org.land()
    create_deal(org.fake, 2000, SystemModstamp=bound.strftime("%Y-%m-%dT%H:%M:%S.000+0000"))
    org.fake.pass_time(seconds=1)
    org.land()
    assert deals(org) == (ROWS + 1, Decimal("407000.50"))


def test_a_record_committed_behind_the_cursor_is_read(org: Org) -> None:
    """A long transaction carries the stamp of its start: it shows minutes after what came later was read."""
    org.land()
    org.fake.pass_time(hours=1)
    create_deal(org.fake, 2000)
    org.fake.pass_time(minutes=5)
    org.land()
    started = org.fake.now - timedelta(minutes=20)
    create_deal(org.fake, 3000, SystemModstamp=started.strftime("%Y-%m-%dT%H:%M:%S.000+0000"))
    org.fake.pass_time(minutes=5)
    org.land()
    assert deals(org)[0] == ROWS + 2


def test_a_change_committed_behind_the_cursor_is_read(org: Org) -> None:
    """No count tells of an amount that changed: only looking back does."""
    org.land()
    org.fake.pass_time(hours=1)
    create_deal(org.fake, 2000)
    org.fake.pass_time(minutes=5)
    org.land()
    started = org.fake.now - timedelta(minutes=20)
    stamp = started.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    org.fake.change("Opportunity", "006000003", Amount=Decimal("1003.50"), SystemModstamp=stamp)
    org.fake.pass_time(minutes=5)
    (batch,) = org.land().landed
    assert batch.kind == "delta"
    assert deals(org) == (ROWS + 1, Decimal("408000.50"))


def test_a_record_committed_far_behind_the_cursor_is_found_by_its_key(org: Org) -> None:
    """A data load of a day, stamped yesterday: no overlap is long enough, so the count tells."""
    org.land()
    org.fake.pass_time(days=2)
    create_deal(org.fake, 2000)
    org.fake.pass_time(minutes=5)
    org.land()
    started = org.fake.now - timedelta(days=1)
    create_deal(org.fake, 3000, SystemModstamp=started.strftime("%Y-%m-%dT%H:%M:%S.000+0000"))
    org.land()
    assert deals(org)[0] == ROWS + 2


def test_a_deleted_record_is_gone_and_a_restored_one_is_back(org: Org) -> None:
    """The recycle bin tells of both."""
    org.land()
    org.fake.pass_time(minutes=5)
    org.fake.delete("Opportunity", "006000003")
    org.fake.pass_time(minutes=5)
    org.land()
    assert deals(org) == (ROWS - 1, Decimal("404996.50"))
    org.fake.change("Opportunity", "006000003", IsDeleted=False)
    org.fake.pass_time(minutes=5)
    org.land()
    assert deals(org) == WHOLE


def test_a_record_erased_for_good_is_gone(org: Org) -> None:
    """An emptied bin leaves no trace; a deal that is no more must not stay in the pipeline for ever."""
    org.land()
    org.fake.erase("Opportunity", "006000003")
    org.fake.pass_time(minutes=5)
    (batch,) = org.land().landed
    assert batch.kind == "ids"
    assert deals(org) == (ROWS - 1, Decimal("404996.50"))
    assert org.land().is_nothing


def test_one_erased_and_one_missed_at_once_are_both_found_within_a_week(org: Org) -> None:
    """Then even the counts agree: the keys are compared once a week in any case."""
    org.land()
    org.fake.pass_time(days=3)
    create_deal(org.fake, 2000)
    org.fake.pass_time(minutes=5)
    org.land()
    org.fake.erase("Opportunity", "006000003")
    started = org.fake.now - timedelta(days=1)
    create_deal(org.fake, 3000, SystemModstamp=started.strftime("%Y-%m-%dT%H:%M:%S.000+0000"))
    org.fake.pass_time(days=5)
    org.land()
    found = {key for (key,) in org.rows("salesforce_opportunity", "id")}
    assert {"crm:006002000", "crm:006003000"} <= found
    assert "crm:006000003" not in found


def test_a_deletion_between_pages_loses_no_other_record(org: Org) -> None:
    """Pages by number shift when a record before them goes."""

    def delete(answer: Answer) -> Answer:
        org.fake.delete("Opportunity", "006000003")
        return answer

    org.fake.faults.append(Fault(PAGES, delete))
    org.land()
    org.fake.pass_time(minutes=5)
    org.land()
    assert deals(org) == (ROWS - 1, Decimal("404996.50"))


def test_an_amount_keeps_its_digits(org: Org) -> None:
    """Seventeen digits are more than a binary float holds."""
    create_deal(org.fake, 5000, Amount=Decimal("1234567890123456.78"))
    org.fake.pass_time(minutes=1)
    org.land()
    assert ("crm:006005000", Decimal("1234567890123456.78")) in org.rows("salesforce_opportunity", "id, amount_doc")


def test_a_value_that_cannot_be_read_is_quarantined_and_not_landed_again(org: Org) -> None:
    """One bad cell must cost its row, be shown, and not make a new version every hour."""
    create_deal(org.fake, 5000, Amount="a lot")
    org.fake.pass_time(minutes=1)
    (batch,) = org.land().landed
    assert (batch.rows.loaded, batch.rows.quarantined) == (ROWS, 1)
    assert batch.control_totals["amount_doc"].unparsed_rows == 1
    org.fake.pass_time(minutes=5)
    assert org.land().is_nothing


# -- the org changes --------------------------------------------------------------------------------------------------


def test_a_field_that_is_gone_is_told_by_name(org: Org) -> None:
    """A field renamed by an administrator must not become a column of nothing."""
    org.land()
    org.fake.fields["Opportunity"].remove("Loss_Reason__c")
    with pytest.raises(SourceReadError, match=r"no field Loss_Reason__c \(lost_reason\)"):
        org.land()
    assert deals(org) == WHOLE


def test_an_object_that_the_org_does_not_have_is_left_out(tmp_path: Path) -> None:
    """Quotes and forecasts are features that most orgs do not have."""
    fake = empty_org()
    del fake.fields["Quote"]
    assert Org(fake, tmp_path, only=["Quote"]).land().missing == ("Quote",)


def test_a_field_mapped_anew_is_read_for_all_records(org: Org) -> None:
    """A mapping corrected today holds for the deals of last year too."""
    before = org.objects
    org.land()
    (wanted,) = before
    kept = tuple(column for column in wanted.columns if column.target.name != "lost_reason")
    with serving(org.fake) as address:
        opened = open_salesforce(org.sign_in(address), address=address, version="v67.0", patience=HURRIED)
        (batch,) = land_api("crm", opened, [replace(wanted, columns=kept)], org.landing).landed
    assert (batch.kind, batch.rows.loaded) == ("full", ROWS)
    assert deals(org) == WHOLE


def test_a_check_shows_own_fields_that_nothing_is_filled_from(tmp_path: Path) -> None:
    """What a company added to its org is often what it wants to see."""
    org = Org(empty_org(), tmp_path, only=["Account"])
    org.fake.fields["Account"].remove("Segment__c")
    with serving(org.fake) as address:
        opened = open_salesforce(org.sign_in(address), address=address, version="v67.0", patience=HURRIED)
        (checked,) = check_api(opened, org.objects).files
    assert [column.header for column in checked.unmapped] == ["Shoe_Size__c"]
    assert [(column.canonical, column.header) for column in checked.missing] == [("segment", "Segment__c")]
    assert "Segment__c (segment)" in checked.refusal


# -- signing in -------------------------------------------------------------------------------------------------------


def test_a_wrong_secret_is_told_without_the_secret(org: Org) -> None:
    """Messages end in logs, mails and pages."""
    org.fake.client = ("client", "another")
    with serving(org.fake) as address, pytest.raises(ConnectionFailedError, match="invalid_client") as raised:
        org.land(ClientCredentials(f"{address}/services/oauth2/token", "client", "hidden-word"))
    assert "hidden-word" not in str(raised.value)


def test_a_token_that_an_answer_repeats_is_not_told(org: Org) -> None:
    """A proxy's error page may hold the whole request."""
    body = orjson.dumps([{"message": "Authorization: Bearer token-0", "errorCode": "BAD"}])
    org.fake.faults.append(Fault(FIRST, status(400, body, content_type="application/json")))
    with pytest.raises(AnswerError, match=r"Bearer \*\*\*") as raised:
        org.land()
    assert "token-0" not in str(raised.value)


def test_a_refresh_token_that_rotates_is_kept_before_it_is_used(org: Org) -> None:
    """The old one dies with its use: a crash between would lock the company out."""
    org.fake.consent = "consent"
    store = TokenStore(org.root / "secrets" / "crm.json", "consent")

    def stop(step: str) -> None:
        if step == "page_written":
            raise StoppedError

    with pytest.raises(StoppedError):
        _land_by_refresh(org, store, checkpoint=stop)
    assert store.path.stat().st_mode & 0o777 == 0o600
    _land_by_refresh(org, store)
    assert deals(org) == WHOLE
    assert org.fake.consent == "consent#2"


def test_a_consent_that_has_ended_asks_to_connect_again(org: Org) -> None:
    """Only a person can give it anew; trying for ever helps nobody."""
    org.fake.consent = "another"
    with pytest.raises(ConnectionFailedError, match="the consent has ended; connect again"):
        _land_by_refresh(org, TokenStore(org.root / "secrets" / "crm.json", "consent"))
    assert sum("token" in request.path for request in org.fake.requests) == 1


def test_a_new_consent_replaces_what_was_kept_of_the_old(tmp_path: Path) -> None:
    """A person who connects again must not be beaten by an old file."""
    TokenStore(tmp_path / "crm.json", "first").keep("rotated")
    assert TokenStore(tmp_path / "crm.json", "first").current() == "rotated"
    assert TokenStore(tmp_path / "crm.json", "second").current() == "second"


def _land_by_refresh(org: Org, store: TokenStore, **around: Any) -> None:
    with serving(org.fake) as address:
        by = RefreshToken(f"{address}/services/oauth2/token", *org.fake.client, store)
        org.land(by, **around)


def _stop_at_page(step: str) -> None:
    if step == "page_written":
        raise StoppedError
