"""Reading a NetSuite account: nothing lost and nothing twice, whatever network, account and others do meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from fakes.netsuite import QUERY, TOKEN, FakeNetsuite
from fakes.netsuite_sample import empty_account
from fakes.serving import Answer, Fault, cut, half, serving, slow, status
from unit.sources.netsuite_account import NetsuiteAccount, key_pair
from unit.sources.org import HURRIED

from company.source_settings import NetsuiteSource
from pipelines.landing.api_readers import open_reader
from pipelines.sources.api_check import check_api
from pipelines.sources.errors import ConnectionFailedError, SourceReadError
from pipelines.sources.http import AnswerError
from pipelines.sources.netsuite import open_netsuite
from pipelines.sources.sign_in import ClientAssertion

DOCUMENTS, LINES = 30, 4
PER_PAGE = 50
#: Of the requests for one object: whether its fields are there; then its pages.
PAGES = QUERY


class StoppedError(Exception):
    """What a killed process is to a test."""


def create_document(fake: FakeNetsuite, number: int, *amounts: int, **fields: Any) -> None:
    """A transaction with a line per amount."""
    fake.save("transaction", id=number, type="CustInvc", trandate=fake.now.date(), posting=True, voided=False, **fields)
    stamp = {"linelastmodifieddate": fields["lastmodifieddate"]} if "lastmodifieddate" in fields else {}
    for line, amount in enumerate(amounts):
        shape = {"mainline": line == 0, "taxline": False, "foreignamount": Decimal(amount) + Decimal("0.50")}
        fake.save("transactionline", transaction=number, id=line, subsidiary=1, **shape, **stamp)


@pytest.fixture
def account(tmp_path: Path) -> NetsuiteAccount:
    """An account with 30 documents of four lines, on pages of 50 rows, made five minutes ago."""
    fake = empty_account(page=PER_PAGE)
    for number in range(1, DOCUMENTS + 1):
        create_document(fake, number, *range(LINES))
    fake.pass_time(minutes=5)
    return NetsuiteAccount(fake, tmp_path, only=["transactionline"])


def lines(account: NetsuiteAccount) -> tuple[int, Decimal]:
    """How many lines a new warehouse has, and their amount."""
    ((count, amount),) = account.rows("netsuite_transactionline", "count(*), sum(amount_doc)")
    return count, amount


#: 30 documents of 0.50 + 1.50 + 2.50 + 3.50
WHOLE = (DOCUMENTS * LINES, Decimal("240.00"))


# -- faults that waiting or asking again puts right ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "fault"),
    [
        (2, status(429, retry_after="0")),
        (3, status(429, retry_after="0")),
        (3, status(503)),
        (3, status(502, b"<html>bad gateway</html>", content_type="text/html")),
        (2, half),
        (3, half),
        (3, cut),
        (3, slow),
    ],
    ids=["429 at once", "429", "503", "502", "half a JSON at once", "half a JSON", "cut connection", "timeout"],
)
def test_what_passes_is_waited_for(account: NetsuiteAccount, after: int, fault: Callable[[Answer], Answer]) -> None:
    """A system that stumbles once in a night must not cost the morning's numbers."""
    account.fake.faults.append(Fault(QUERY, fault, after=after))
    assert account.land().refused == ()
    assert lines(account) == WHOLE


def test_a_token_that_expires_in_the_middle_is_got_again_once(account: NetsuiteAccount) -> None:
    """Access tokens live for an hour; a first landing takes longer."""

    def expire(answer: Answer) -> Answer:
        account.fake.expire_tokens()
        return answer

    account.fake.faults.append(Fault(QUERY, expire, after=3))
    account.land()
    assert (lines(account), account.fake.signed_in) == (WHOLE, 2)


def test_a_refused_sign_in_says_what_to_check_and_shows_no_secret(account: NetsuiteAccount) -> None:
    """A certificate that ran out is renewed by a person, who must know that it is this."""
    account.fake.refuses = "invalid_grant"
    with pytest.raises(
        ConnectionFailedError, match=r"refused \(invalid_grant\): check client id, the id of the cert"
    ) as raised:
        account.land()
    assert "PRIVATE KEY" not in str(raised.value)


@pytest.mark.parametrize(
    ("field", "value"), [("client", ("another", "the-certificate")), ("client", ("the-client", "b"))]
)
def test_an_assertion_is_taken_only_as_it_was_agreed(account: NetsuiteAccount, field: str, value: Any) -> None:
    """The fake checks signature, issuer, certificate, audience and scope: a client that gets one wrong fails here."""
    with serving(account.fake) as address:
        sign_in = account.sign_in(address)
        setattr(account.fake, field, value)
        with pytest.raises(ConnectionFailedError, match="invalid_client"):
            sign_in.sign_in()


def test_a_key_that_cannot_be_used_is_told_of_before_anything_is_asked() -> None:
    """A file pasted without its last line must not look like a refusal by NetSuite."""
    broken = ClientAssertion(f"http://127.0.0.1:9{TOKEN}", "a", "b", "-----BEGIN nothing", ("rest_webservices",))
    with pytest.raises(ConnectionFailedError, match="has to be the PEM of an RSA key"):
        broken.sign_in()


def test_the_key_comes_from_the_environment_or_a_file(account: NetsuiteAccount, tmp_path: Path) -> None:
    """What plumbline.yaml says is what signs in; a file that is not there is told of by the setting's name."""
    pem = tmp_path / "key.pem"
    pem.write_text(key_pair()[0], encoding="ascii")
    client, certificate = account.fake.client
    with serving(account.fake) as address:
        shared = {
            "kind": "netsuite",
            "address": address,
            "client_id": client,
            "certificate_id": certificate,
            "time_zone": account.fake.zone,
        }
        for key in ({"private_key": key_pair()[0]}, {"private_key_file": pem}):
            with open_reader("erp", NetsuiteSource.model_validate({**shared, **key}), tmp_path) as reader:
                assert reader.moment() == account.fake.now
        missing = NetsuiteSource.model_validate({**shared, "private_key_file": tmp_path / "gone.pem"})
        with pytest.raises(ConnectionFailedError, match=r"sources\.erp\.private_key_file: cannot be read"):
            open_reader("erp", missing, tmp_path)


def test_a_query_that_is_wrong_is_asked_once(account: NetsuiteAccount) -> None:
    """A 400 is the same tomorrow."""
    problem = {
        "title": "Bad Request",
        "status": 400,
        "o:errorDetails": [{"detail": "no", "o:errorCode": "INVALID_PARAMETER"}],
    }
    refusal = status(400, orjson.dumps(problem), content_type="application/vnd.oracle.resource+json")
    account.fake.faults.append(Fault(QUERY, refusal, after=2, times=1000))
    with pytest.raises(AnswerError, match="INVALID_PARAMETER no"):
        account.land()
    assert len([request for request in account.fake.requests if request.path == QUERY]) == 3


def test_an_error_that_calls_itself_200_is_an_error(account: NetsuiteAccount) -> None:
    """An answer of errors taken for an answer of no rows would delete a company's ledger."""
    problem = {
        "title": "Bad Request",
        "status": 400,
        "o:errorDetails": [{"detail": "late", "o:errorCode": "UNEXPECTED_ERROR"}],
    }
    refusal = status(200, orjson.dumps(problem), content_type="application/vnd.oracle.resource+json")
    account.fake.faults.append(Fault(QUERY, refusal, after=3, times=1000))
    with pytest.raises(AnswerError, match="UNEXPECTED_ERROR late"):
        account.land()
    assert account.batches("netsuite_transactionline") == []


# -- faults that end a landing: what was read is kept or thrown away, never half believed -----------------------------


def test_a_run_killed_at_a_page_goes_on_at_the_page(account: NetsuiteAccount) -> None:
    """A machine that is switched off in the night must not cost what it had read."""

    def stop(step: str) -> None:
        if step == "page_written":
            raise StoppedError

    with pytest.raises(StoppedError):
        account.land(checkpoint=stop)
    asked = len(account.fake.requests)
    account.land()
    assert lines(account) == WHOLE
    queries = [orjson.loads(request.body)["q"] for request in account.fake.requests[asked:] if request.path == QUERY]
    assert "> 12 AND" in next(query for query in queries if "page_key" in query)  # twelve documents are on a page of 50


class Repeat:
    """Gives the first page it sees again in place of the next one."""

    def __init__(self) -> None:
        self.body: bytes | None = None

    def __call__(self, answer: Answer) -> Answer:
        if self.body is None:
            self.body = answer.body
            return answer
        return Answer(answer.status, self.body, answer.headers)


def changed(**content: Any) -> Callable[[Answer], Answer]:
    """An answer that says something else of itself."""
    return lambda answer: Answer(answer.status, orjson.dumps({**orjson.loads(answer.body), **content}), answer.headers)


def shortened(answer: Answer) -> Answer:
    """An answer that lacks rows."""
    content = orjson.loads(answer.body)
    return Answer(answer.status, orjson.dumps({**content, "items": content["items"][:-7]}), answer.headers)


@pytest.mark.parametrize(
    ("fault", "times", "said"),
    [
        (Repeat(), 2, "does not go on where the last one ended"),
        (Repeat(), 99, "does not go on where the last one ended"),
        (shortened, 1, "43 of 50 announced rows"),
        (changed(hasMore=False), 1, "120 in all, and is the last"),
    ],
    ids=["repeated page", "looping cursor", "lost rows", "lost pages"],
)
def test_pages_that_do_not_add_up_are_not_taken(account: NetsuiteAccount, fault: Any, times: int, said: str) -> None:
    """Two hundred invoices missing from a month look like a bad month."""
    account.fake.faults.append(Fault(QUERY, fault, after=2, times=times))
    with pytest.raises(SourceReadError, match=said):
        account.land()
    assert account.batches("netsuite_transactionline") == []
    account.fake.faults.clear()
    account.land()
    assert lines(account) == WHOLE


@pytest.mark.parametrize("page", [3, 4, 7])
def test_a_document_longer_than_a_page_is_read_whole(account: NetsuiteAccount, page: int) -> None:
    """An invoice of ten thousand lines is one invoice: offsets go on within it, and nowhere else."""
    create_document(account.fake, 40, *range(30))
    account.fake.pass_time(minutes=5)
    account.reader = {"page": page}
    account.land()
    assert lines(account) == (WHOLE[0] + 30, WHOLE[1] + Decimal("450.00"))  # 0.50 + 1.50 + ... + 29.50


def test_a_document_beyond_the_ceiling_is_refused_by_name(account: NetsuiteAccount) -> None:
    """NetSuite stops a query at 100,000 rows without a word; the rest would be missing."""
    create_document(account.fake, 40, *range(30))
    account.fake.pass_time(minutes=5)
    account.reader = {"page": 5, "ceiling": 20}
    with pytest.raises(SourceReadError, match="transaction 40 has more than 20 lines"):
        account.land()


# -- what people do meanwhile -----------------------------------------------------------------------------------------


def test_a_deletion_between_pages_moves_no_other_record(account: NetsuiteAccount) -> None:
    """With offsets every later row would move up by one, and one would be skipped."""

    def erase(answer: Answer) -> Answer:
        account.fake.erase_transaction(2)
        return answer

    account.fake.faults.append(Fault(QUERY, erase, after=3))
    account.land()
    assert lines(account) == WHOLE  # the document was read before it went
    account.land()
    assert lines(account) == (WHOLE[0] - LINES, WHOLE[1] - 8)


def test_a_change_between_pages_is_read_the_next_time(account: NetsuiteAccount) -> None:
    """A document is never half of one version and half of another."""

    def change(answer: Answer) -> Answer:
        account.fake.erase("transactionline", transaction=20)
        create_document(account.fake, 20, 100, 100)
        return answer

    account.fake.faults.append(Fault(QUERY, change, after=3))
    account.land()
    account.fake.pass_time(minutes=5)
    account.land()
    newest = (
        "updated_at = (select max(updated_at) from raw.netsuite_transactionline x where x.transaction_id = 'erp:20')"
    )
    rows = account.rows("netsuite_transactionline", f"line_id, amount_doc, transaction_id = 'erp:20' and {newest}")
    assert [row[:2] for row in rows if row[2]] == [("0", Decimal("100.50")), ("1", Decimal("100.50"))]


def test_an_edit_that_moves_only_the_line_is_read(account: NetsuiteAccount) -> None:
    """NetSuite stamps a line's edit on the line: the document's own stamp says that nothing happened."""
    account.land()
    account.fake.pass_time(hours=2)
    account.fake.save("transactionline", transaction=3, id=1, foreignamount=Decimal("101.50"))
    account.fake.pass_time(minutes=1)
    (batch,) = account.land().landed
    assert (batch.kind, batch.rows.loaded) == ("delta", 1)
    assert lines(account) == (WHOLE[0], WHOLE[1] + 100)


def test_nothing_changed_makes_no_batch(account: NetsuiteAccount) -> None:
    """A run every hour must not publish the same numbers twenty-four times a day."""
    account.land()
    account.fake.pass_time(minutes=10)
    assert account.land().is_nothing
    account.fake.pass_time(hours=10)
    assert account.land().is_nothing


def test_records_stamped_at_the_bound_itself_are_all_read(account: NetsuiteAccount) -> None:
    """Whole tables share one second after an import; half of them must not stay behind it."""
    bound = account.fake.now
    account.land()
    create_document(account.fake, 50, 7, lastmodifieddate=bound)
    account.fake.pass_time(seconds=1)
    account.land()
    assert lines(account) == (WHOLE[0] + 1, WHOLE[1] + Decimal("7.50"))


def test_a_record_committed_behind_the_cursor_is_read(account: NetsuiteAccount) -> None:
    """A long script carries the stamp of its start: it shows minutes after what came later was read."""
    account.land()
    account.fake.pass_time(hours=3)
    create_document(account.fake, 50, 7)
    account.fake.pass_time(minutes=5)
    account.land()
    create_document(account.fake, 51, 9, lastmodifieddate=account.fake.now - timedelta(minutes=40))
    account.fake.pass_time(minutes=5)
    account.land()
    assert lines(account) == (WHOLE[0] + 2, WHOLE[1] + 17)


def test_a_deleted_document_is_gone(account: NetsuiteAccount) -> None:
    """NetSuite keeps no row of it: the count tells, and the keys tell which."""
    account.land()
    account.fake.pass_time(minutes=5)
    account.fake.erase_transaction(7)
    account.land()
    assert lines(account) == (WHOLE[0] - LINES, WHOLE[1] - 8)


@pytest.mark.parametrize("minutes", [50, 110])
def test_clocks_that_go_back_lose_no_change(account: NetsuiteAccount, minutes: int) -> None:
    """Stamps are naive: in the hour that clocks show twice a later change is stamped before an earlier one."""
    # 1 November 2026, 09:00 UTC: two o'clock in Los Angeles becomes one o'clock.
    account.fake.now = datetime(2026, 11, 1, 8, 0, tzinfo=UTC) + timedelta(minutes=minutes)
    changes = []
    for step in range(4):
        account.land()
        account.fake.pass_time(seconds=1)
        create_document(account.fake, 100 + step, step)
        account.fake.save("transactionline", transaction=3, id=1, foreignamount=Decimal(1000 + step))
        changes.append(Decimal(step) + Decimal("0.50"))
        account.fake.pass_time(minutes=20)
    account.land()
    assert lines(account) == (WHOLE[0] + 4, WHOLE[1] + sum(changes) - Decimal("1.50") + 1003)
    account.fake.pass_time(hours=4)
    account.land()
    account.fake.pass_time(hours=4)
    assert account.land().is_nothing


def test_a_time_zone_that_is_not_the_users_is_told_of(account: NetsuiteAccount) -> None:
    """Stamps read in a zone too far west put the bound before changes that nobody would look back for."""
    account.only = ["transaction"]
    with serving(account.fake) as address:
        opened = open_netsuite(
            account.sign_in(address), address=address, time_zone="Pacific/Honolulu", patience=HURRIED
        )
        with (
            opened as reader,
            pytest.raises(SourceReadError, match=r"a transaction is stamped 2026-06-30 23:00:00 and it is"),
        ):
            reader.moment()


# -- what the account shows -------------------------------------------------------------------------------------------


def test_a_feature_that_is_off_leaves_its_fields_empty(account: NetsuiteAccount) -> None:
    """A company without classes has books all the same."""
    account.fake.drop_field("transactionline", "class")
    account.land()
    assert lines(account) == WHOLE


def test_a_field_that_disappears_stops_the_landing_by_name(account: NetsuiteAccount) -> None:
    """Amounts that are no longer shown to the role must not become zero."""
    account.land()
    account.fake.drop_field("transactionline", "custcol_tax")
    with pytest.raises(SourceReadError, match=r"transactionline has no field custcol_tax \(tax_doc\)"):
        account.land()


def test_a_table_that_is_not_there_is_missing_and_no_fault(account: NetsuiteAccount) -> None:
    """Accounts without subsidiaries have no such table."""
    account.only = ["subsidiary", "transactionline"]
    account.fake.drop_table("subsidiary")
    assert account.land().missing == ("subsidiary",)


def test_the_check_says_what_would_be_read_and_what_nothing_is_filled_from(account: NetsuiteAccount) -> None:
    """A person sees before the first run what the role may see."""
    account.only = ["customer", "subsidiary"]
    account.fake.save("customer", id=5, entityid="C5", companyname="Nordgren", custentity_shoe_size="44")
    account.fake.drop_field("customer", "custentity_crm_account")
    with serving(account.fake) as address:
        opened = open_netsuite(account.sign_in(address), address=address, time_zone=account.fake.zone, patience=HURRIED)
        subsidiary, customer = check_api(opened, account.objects).files
    assert (subsidiary.rows, customer.rows) == (3, 1)
    assert [column.header for column in customer.unmapped] == ["custentity_shoe_size"]
    assert [column.header for column in customer.missing] == ["custentity_crm_account"]
    assert "grant it to the role" in customer.refusal


def test_an_answer_has_the_documented_shape(account: NetsuiteAccount) -> None:
    """Oracle's page on SuiteQL over REST: links, count, hasMore, items, offset, totalResults; all values are text."""
    query = orjson.dumps({"q": "SELECT id, trandate, posting, terms FROM transaction ORDER BY id"})
    with serving(account.fake) as address:
        token = account.sign_in(address).sign_in().token
        import httpx2 as httpx

        url = f"{address}{QUERY}?limit=10&offset=20"
        headers = {"authorization": f"Bearer {token}", "prefer": "transient", "content-type": "application/json"}
        content = httpx.post(url, content=query, headers=headers).json()
        refused = httpx.post(url, content=query, headers=headers | {"prefer": "respond-async"}).json()
    assert set(content) == {"links", "count", "hasMore", "items", "offset", "totalResults"}
    assert [content[name] for name in ("count", "hasMore", "offset", "totalResults")] == [10, False, 20, 30]
    assert content["items"][0] == {"links": [], "id": "21", "trandate": "7/1/2026", "posting": "T"}
    assert content["links"][0]["rel"] == "self"
    assert set(refused) == {"type", "title", "status", "o:errorDetails"}
    assert refused["o:errorDetails"][0]["o:errorCode"] == "INVALID_HEADER"
    assert key_pair()[0].startswith("-----BEGIN PRIVATE KEY-----")
