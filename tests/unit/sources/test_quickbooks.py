"""A company file of QuickBooks Online is read whole, then what changed in it, whatever goes wrong on the way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from fakes.quickbooks import TOKEN, FakeQuickbooks
from fakes.serving import Answer, Fault, cut, half, serving, slow, status
from unit.sources.quickbooks_file import QuickbooksFile

from pipelines.sources.errors import ConnectionFailedError, SourceError, SourceReadError
from pipelines.sources.quickbooks import open_quickbooks

TABLE = "quickbooks_transaction"


@pytest.fixture
def file(tmp_path: Path) -> QuickbooksFile:
    """Seven invoices and a bill, an hour apart, read two to a page."""
    fake = FakeQuickbooks()
    fake.now -= timedelta(days=2)
    for number in range(1, 8):
        invoice(fake, number)
        fake.now += timedelta(hours=1)
    fake.save("Bill", 20, TotalAmt=Decimal("5.00"), TxnDate="2026-05-30", VendorRef={"value": "3"})
    fake.now += timedelta(days=1)
    return QuickbooksFile(fake, tmp_path, only=["Transaction"], reader={"page": 2})


def invoice(fake: FakeQuickbooks, number: int, amount: str = "10.10", **saved: object) -> None:
    """An invoice with a line and its subtotal."""
    line = {"Id": "1", "Amount": Decimal(amount), "DetailType": "SalesItemLineDetail"}
    fake.save(
        "Invoice", number, TotalAmt=Decimal(amount), TxnDate="2026-05-30", CustomerRef={"value": "1"},
        Line=[line, {"Amount": Decimal(amount), "DetailType": "SubTotalLineDetail"}], **saved,
    )  # fmt: skip


def documents(file: QuickbooksFile) -> list[tuple[str, str, Decimal]]:
    """What a new warehouse holds of the company file."""
    with_deleted = file.rows(TABLE, "transaction_type, source_id, gross_doc, is_deleted")
    return [(kind, key, amount) for kind, key, amount, is_deleted in with_deleted if not is_deleted]


def expected(file: QuickbooksFile) -> list[tuple[str, str, Decimal]]:
    """What the company file itself has."""
    return sorted(
        (kind, f"{kind}|{number}", Decimal(record["TotalAmt"]))
        for kind, records in file.fake.records.items()
        for number, record in records.items()
    )


def wrong_order(answer: Answer) -> Answer:
    """An answer in place of any page: the page before it, once more."""
    body = (
        b'{"QueryResponse":{"Invoice":[{"Id":"1","TotalAmt":1,"MetaData":{"LastUpdatedTime":"2026-05-29T23:00:00-07:00"}},'
        b'{"Id":"1","TotalAmt":1,"MetaData":{"LastUpdatedTime":"2026-05-29T22:00:00-07:00"}}],"maxResults":2}}'
    )
    return Answer(200, body, answer.headers)


def empty(answer: Answer) -> Answer:
    """An answer that holds nothing."""
    return Answer(200, b'{"QueryResponse":{}}', answer.headers)


def fault_inside(answer: Answer) -> Answer:
    """What the gateway says with status 200."""
    return Answer(200, b'{"fault":{"error":[{"code":"4000","message":"no"}],"type":"SERVICE"}}', answer.headers)


WAITED = {"retry_after": "0"}
PASSING: dict[str, Callable[[Answer], Answer]] = {
    "throttled": status(429, b'{"Fault":{"Error":[{"code":"003001"}]}}', **WAITED),
    "unavailable": status(503),
    "expired in the middle": status(401, b'{"Fault":{"Error":[{"code":"3200"}],"type":"AUTHENTICATION"}}'),
    "half an answer": half,
    "cut connection": cut,
    "slow answer": slow,
}
LASTING: dict[str, Callable[[Answer], Answer]] = {
    "repeated page": wrong_order,
    "lost page": empty,
    "error with status 200": fault_inside,
}


@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_costs_no_document(file: QuickbooksFile, fault: str) -> None:
    """A busy evening at QuickBooks must not cost the company an invoice."""
    file.fake.faults.append(Fault("ORDERBY", PASSING[fault], after=2))
    file.land()
    assert documents(file) == expected(file)


@pytest.mark.parametrize("fault", LASTING)
def test_an_answer_that_cannot_be_is_refused_and_the_next_run_goes_on(file: QuickbooksFile, fault: str) -> None:
    """A page that is lost in silence would be missing revenue that no check finds."""
    file.fake.faults.append(Fault("ORDERBY", LASTING[fault], after=2))
    with pytest.raises(SourceError):
        file.land()
    assert file.batches(TABLE) == []
    file.land()
    assert documents(file) == expected(file)


def test_records_with_one_stamp_are_read_though_they_fill_pages(file: QuickbooksFile) -> None:
    """An import stamps hundreds of invoices alike: going on behind the stamp would lose most of them."""
    for number in range(100, 107):
        invoice(file.fake, number)
    file.fake.now += timedelta(hours=2)
    file.land()
    assert documents(file) == expected(file)


def test_a_record_that_changes_while_pages_are_read_moves_no_other_one(file: QuickbooksFile) -> None:
    """Offsets shift when a record leaves the window; what shifts past a page's end is lost."""

    def change(answer: Answer) -> Answer:
        file.fake.now += timedelta(minutes=1)
        invoice(file.fake, 1, "99.00")
        return answer

    file.fake.faults.append(Fault("ORDERBY", change, after=1))
    file.land()
    assert [row for row in documents(file) if row[1] != "Invoice|1"] == [
        row for row in expected(file) if row[1] != "Invoice|1"
    ]
    file.fake.now += timedelta(minutes=1)
    file.land()
    assert documents(file) == expected(file)


def test_changes_and_deletions_come_from_the_feed(file: QuickbooksFile) -> None:
    """A deleted invoice is money that will not come; only the feed says so without reading everything again."""
    file.land()
    file.fake.now += timedelta(hours=5)
    invoice(file.fake, 2, "22.00")
    file.fake.delete("Invoice", 3)
    file.fake.now += timedelta(hours=1)
    file.fake.requests.clear()
    file.land()
    assert documents(file) == expected(file)
    assert not any("ORDERBY" in str(request.query) for request in file.fake.requests)
    assert [batch.kind for batch in file.batches(TABLE)] == ["full", "delta"]


@pytest.mark.parametrize("reason", ["the feed is full", "the feed does not reach so far"])
def test_what_the_feed_cannot_tell_is_queried_and_compared(file: QuickbooksFile, reason: str) -> None:
    """After an import, or a month of silence, changes must not end at the feed's limit."""
    file.land()
    file.fake.now += timedelta(days=40 if "far" in reason else 1)
    for number in range(200, 205):
        invoice(file.fake, number)
    file.fake.delete("Invoice", 4)
    file.fake.feed_limit = 3
    file.reader = {"page": 2, "feed_limit": 3}
    file.fake.now += timedelta(hours=1)
    file.land()
    assert documents(file) == expected(file)


def test_a_document_that_was_committed_late_is_found(file: QuickbooksFile) -> None:
    """What is saved behind the cursor would never be read again."""
    file.land()
    file.fake.now += timedelta(minutes=30)
    invoice(file.fake, 300, at=file.fake.now - timedelta(minutes=50))
    invoice(file.fake, 301, at=file.fake.now - timedelta(days=1))
    file.land()
    assert documents(file) == expected(file)


def test_the_hour_that_clocks_show_twice_loses_nothing(file: QuickbooksFile) -> None:
    """Stamps say their offset: half past one comes twice in November, and is two moments."""
    file.land()
    file.fake.now = file.fake.now.replace(month=11, day=1, hour=8, minute=30)
    invoice(file.fake, 400)
    file.fake.now += timedelta(hours=1)
    invoice(file.fake, 401)
    stamps = [file.fake.records["Invoice"][key]["MetaData"]["LastUpdatedTime"] for key in ("400", "401")]
    assert [stamp[11:16] for stamp in stamps] == ["01:30", "01:30"]
    file.fake.now += timedelta(hours=1)
    file.land()
    assert documents(file) == expected(file)


def test_inactive_rows_of_lists_are_read(tmp_path: Path) -> None:
    """Lists hide them, and the invoices of a customer who left would belong to nobody."""
    fake = FakeQuickbooks()
    fake.save("Customer", 1, DisplayName="Here")
    fake.save("Customer", 2, DisplayName="Gone", Active=False)
    fake.now += timedelta(hours=1)
    file = QuickbooksFile(fake, tmp_path, only=["Customer"])
    file.land()
    assert file.rows("quickbooks_customer", "source_id, is_active") == [("1", True), ("2", False)]


def test_a_plan_without_purchase_orders_is_read_without_them(file: QuickbooksFile) -> None:
    """Smaller plans refuse what they do not have; that is no reason to read nothing."""
    file.fake.without = ("PurchaseOrder", "Department")
    file.land()
    assert documents(file) == expected(file)


def test_lines_keep_their_digits_and_leave_with_the_version_that_had_them(file: QuickbooksFile) -> None:
    """A cent that a float loses is a difference that somebody looks for at month end."""
    invoice(file.fake, 1, "0.30")
    file.fake.now += timedelta(hours=1)
    file.land()
    lines = dict(file.rows(TABLE, "source_id, lines"))["Invoice|1"]
    assert '"Amount": "0.30"' in lines
    file.fake.now += timedelta(hours=3)
    file.fake.save("Invoice", 1, Line=[])
    file.fake.now += timedelta(hours=1)
    file.land()
    assert dict(file.rows(TABLE, "source_id, lines"))["Invoice|1"] == "[]"


def test_the_new_refresh_token_is_kept_before_anything_is_asked(file: QuickbooksFile) -> None:
    """The old one dies with its use: lost, a person has to connect the company file by hand."""
    file.fake.faults.append(Fault("/query", status(400, b"{}"), times=1))
    with pytest.raises(SourceReadError):
        file.land()
    assert file.tokens.current() == file.fake.refresh_token == "refresh-1"
    assert (file.tokens.path.stat().st_mode & 0o777) == 0o600
    file.fake.expire()
    file.land()
    assert file.tokens.current() == file.fake.refresh_token
    assert documents(file) == expected(file)


def test_two_that_refresh_at_once_do_it_one_after_the_other(file: QuickbooksFile) -> None:
    """Two that use one token at the same time would each invalidate the other's."""
    answers: list[str] = []
    with serving(file.fake) as address:
        threads = [
            threading.Thread(target=lambda: answers.append(file.sign_in(address).sign_in().token)) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(answers) == [f"access-{number}" for number in range(1, 5)]
    assert file.tokens.current() == file.fake.refresh_token


def test_a_consent_that_ended_is_said_once_and_without_secrets(file: QuickbooksFile) -> None:
    """Asking again and again would not bring it back."""
    file.fake.is_connected = False
    with pytest.raises(ConnectionFailedError, match="connect again and set the new refresh token") as refused:
        file.land()
    assert "refresh-0" not in str(refused.value)
    assert [request.path for request in file.fake.requests] == [TOKEN]


def test_the_check_counts_documents_and_names_fields_that_nothing_is_filled_from(file: QuickbooksFile) -> None:
    """Whoever connects a company file sees what would be read before anything is."""
    file.fake.save("Invoice", 1, CustomField=[{"Name": "Crew", "StringValue": "7"}, {"Name": "Channel"}])
    with (
        serving(file.fake) as address,
        open_quickbooks(file.sign_in(address), address=address, realm_id=file.fake.realm) as reader,
    ):
        checked = reader.check(file.objects[0])
    assert (checked.records, checked.unmapped, checked.refusal) == (8, ("CustomField.Crew",), "")
