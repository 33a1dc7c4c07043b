"""Reading an ERPNext site: nothing lost and nothing twice, whatever network, site and other people do meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from fakes.erpnext import FakeErpnext
from fakes.erpnext_sample import empty_site
from fakes.serving import Answer, Fault, cut, half, serving, slow, status
from unit.sources.org import HURRIED
from unit.sources.site import Site

from pipelines.sources.api_check import check_api
from pipelines.sources.erpnext import open_erpnext
from pipelines.sources.errors import ConnectionFailedError, SourceReadError
from pipelines.sources.http import AnswerError
from pipelines.sources.sign_in import FixedToken

ROWS = 1100
LIST = "GET /api/resource/GL%20Entry"
COUNT = "get_count"
WHOLE = (ROWS, Decimal("605000.00"))  # 0.50 + 1.50 + ... + 1099.50


class StoppedError(Exception):
    """What a killed process is to a test."""


def post(fake: FakeErpnext, number: int, **given: Any) -> None:
    entry = {
        "company": "FI01", "posting_date": "2026-06-30", "account": "4000 - Sales - A", "debit": Decimal(0),
        "credit": Decimal(f"{number}.50"), "voucher_type": "Sales Invoice", "voucher_no": f"S{number}",
        "is_cancelled": 0,
    }  # fmt: skip
    fake.save("GL Entry", f"E{number:05d}", **{**entry, **given})


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site with 1,100 ledger entries on three pages, made an hour ago."""
    fake = empty_site()
    for number in range(ROWS):
        post(fake, number)
    fake.pass_time(hours=1)
    return Site(fake, tmp_path, only=["GL Entry"])


def entries(site: Site) -> tuple[int, Decimal]:
    """How many ledger entries count in a new warehouse, and their credit."""
    ((count, amount),) = site.rows("erpnext_gl_entry", "count(*), sum(credit_local)", where="not is_cancelled")
    return count, amount


@pytest.mark.parametrize(
    "fault", [status(429, retry_after="0"), status(503), half, cut, slow], ids=["429", "503", "half", "cut", "timeout"]
)
def test_what_passes_is_waited_for(site: Site, fault: Callable[[Answer], Answer]) -> None:
    """A system that stumbles once in a night must not cost the morning's numbers."""
    site.fake.faults += [Fault("/api/resource/GL", fault, after=2), Fault(COUNT, fault)]
    assert site.land().refused == ()
    assert entries(site) == WHOLE


def test_a_wrong_key_is_told_without_the_key_or_the_stack(site: Site) -> None:
    """Frappe's answers hold its stack trace, which may hold anything."""
    with pytest.raises(ConnectionFailedError, match="AuthenticationError") as raised:
        site.land("key:hidden-word")
    assert "hidden-word" not in str(raised.value)
    assert "Traceback" not in str(raised.value)


def test_a_user_without_the_right_to_the_ledger_is_told(site: Site) -> None:
    """An empty ledger would look like a company without business."""
    site.fake.forbidden.add("GL Entry")
    with pytest.raises(AnswerError, match="403 PermissionError No permission for GL Entry"):
        site.land()


def test_a_run_killed_at_a_page_goes_on_at_the_page(site: Site) -> None:
    """A machine that is switched off in the night must not cost what it had read."""

    def stop(step: str) -> None:
        if step == "page_written":
            raise StoppedError

    with pytest.raises(StoppedError):
        site.land(checkpoint=stop)
    asked = len(site.fake.requests)
    site.land()
    lists = [
        one for one in site.fake.requests[asked:] if "order_by" in one.query and one.query["limit_page_length"] == "500"
    ]
    assert len(lists) == 2
    assert entries(site) == WHOLE


def lose(answer: Answer) -> Answer:
    """The second half of the page is missing from its middle."""
    rows = orjson.loads(answer.body)["data"]
    return Answer(answer.status, orjson.dumps({"data": rows[:100] + rows[300:] + rows[-1:] * 200}), answer.headers)


class Repeat:
    """Gives the first page it sees again in place of the next one."""

    def __init__(self) -> None:
        self.first: bytes | None = None

    def __call__(self, answer: Answer) -> Answer:
        self.first = self.first or answer.body
        return Answer(answer.status, self.first, answer.headers)


@pytest.mark.parametrize(
    ("fault", "said"), [(lambda: lose, "keys came"), (Repeat, "circle")], ids=["lost and doubled rows", "repeated page"]
)
def test_pages_that_do_not_add_up_are_not_taken(site: Site, fault: Any, said: str) -> None:
    """Two hundred entries missing from a ledger do not balance, or worse, do."""
    site.fake.faults.append(Fault("limit_page_length': '500", fault(), times=2))
    with pytest.raises(SourceReadError, match=said):
        site.land()
    site.fake.faults.clear()
    site.land()
    assert entries(site) == WHOLE


def test_a_change_brings_one_entry_and_nothing_changed_no_batch(site: Site) -> None:
    """A run every hour must not publish the same numbers twenty-four times a day."""
    site.land()
    site.fake.pass_time(hours=3)
    post(site.fake, 3, credit=Decimal("1003.50"))
    site.fake.pass_time(minutes=1)
    (batch,) = site.land().landed
    assert (batch.kind, batch.rows.loaded) == ("delta", 1)
    assert entries(site) == (ROWS, Decimal("606000.00"))
    site.fake.pass_time(minutes=10)
    assert site.land().is_nothing


def test_entries_stamped_at_the_bound_or_committed_behind_it_are_read(site: Site) -> None:
    """A long submit shows minutes later under the stamp of its start."""
    site.land()
    post(site.fake, 2000)
    site.fake.pass_time(hours=3)
    site.land()
    post(site.fake, 4, at=site.fake.now - timedelta(minutes=40), credit=Decimal("1004.50"))
    site.fake.pass_time(minutes=5)
    site.land()
    assert entries(site) == (ROWS + 1, Decimal("608000.50"))


def test_a_cancelled_document_keeps_its_entries_and_they_no_longer_count(site: Site) -> None:
    """Entry and reversal both stay in the ledger, both marked: counted, they would cancel out in the wrong month."""
    site.land()
    site.fake.pass_time(hours=3)
    site.fake.save("Sales Invoice", "S3")
    site.fake.cancel("Sales Invoice", "S3")
    site.fake.pass_time(minutes=5)
    site.land()
    assert entries(site) == (ROWS - 1, Decimal("604996.50"))
    assert site.rows("erpnext_gl_entry", "count(*)", where="is_cancelled") == [(2,)]


def test_a_deleted_entry_is_gone_also_between_pages(site: Site) -> None:
    """Sites may delete entries on cancelling; pages by number would then skip one."""

    def delete(answer: Answer) -> Answer:
        site.fake.delete("GL Entry", "E00003")
        return answer

    site.fake.faults.append(Fault("limit_page_length': '500", delete))
    site.land()
    site.fake.pass_time(minutes=5)
    site.land()
    assert entries(site) == (ROWS - 1, Decimal("604996.50"))


def test_no_change_is_lost_in_the_night_that_has_an_hour_twice(tmp_path: Path) -> None:
    """On 25 October 2026 Helsinki's clocks show 03:00 to 04:00 twice (00:00 to 02:00 UTC): stamps run backwards.

    An entry changes in each hour, another one every time, so that every landing moves the cursor.
    """
    fake = empty_site(now=datetime(2026, 10, 24, 20, 0, tzinfo=UTC))
    site = Site(fake, tmp_path, only=["GL Entry"])
    for number in range(9):
        post(fake, number)
    site.land()
    for hour in range(8):
        fake.now = datetime(2026, 10, 24, 22, 50, tzinfo=UTC) + timedelta(hours=hour)
        post(fake, hour, at=fake.now - timedelta(minutes=45), credit=Decimal(100 + hour))
        post(fake, 8, at=fake.now - timedelta(minutes=5), credit=Decimal(200 + hour))
        site.land()
    changed = [("erp:E00008", Decimal(207)), *((f"erp:E0000{hour}", Decimal(100 + hour)) for hour in range(8))]
    assert site.rows("erpnext_gl_entry", "id, credit_local") == sorted(changed)


def test_of_two_changes_in_the_hour_that_comes_twice_the_later_one_counts(tmp_path: Path) -> None:
    """The second one, at 03:10 on the second round, has the older stamp: by stamps, the correction would be undone."""
    fake = empty_site(now=datetime(2026, 10, 24, 20, 0, tzinfo=UTC))
    site = Site(fake, tmp_path, only=["GL Entry"])
    post(fake, 1)
    site.land()
    for minute in (40, 70):
        fake.now = datetime(2026, 10, 25, tzinfo=UTC) + timedelta(minutes=minute)
        post(fake, 1, credit=Decimal(minute))
        fake.pass_time(minutes=2)
        site.land()
    fake.pass_time(hours=2)
    site.land()
    assert entries(site) == (1, Decimal(70))


def test_lines_come_with_their_documents_and_one_that_is_taken_out_is_known_by_its_stamp(tmp_path: Path) -> None:
    """Child tables have no list of their own, and a removed line leaves no trace but that its document is newer."""
    site = Site(empty_site(), tmp_path, only=["Sales Invoice Item"])
    for number in range(120):
        site.fake.save("Sales Invoice", f"S{number:03d}", docstatus=1)
        line = {"qty": Decimal(1), "net_amount": Decimal("10.10")}
        site.fake.put_lines("Sales Invoice Item", f"S{number:03d}", {f"a{number}": line, f"b{number}": line})
    site.fake.pass_time(hours=3)
    site.land()
    site.fake.save("Sales Invoice", "S007", docstatus=1)
    site.fake.put_lines("Sales Invoice Item", "S007", {"a7": {"qty": Decimal(1), "net_amount": Decimal("12.20")}})
    site.fake.pass_time(minutes=1)
    site.land()
    current = "updated_at = (select max(updated_at) from raw.erpnext_sales_invoice_item)"
    assert site.rows("erpnext_sales_invoice_item", "id, net_doc", where=current) == [("erp:a7", Decimal("12.2000"))]
    assert site.rows("erpnext_sales_invoice_item", "count(*)", where=f"not {current}") == [(239,)]
    site.fake.pass_time(minutes=10)
    assert site.land().is_nothing


def test_a_custom_field_that_is_gone_is_told_by_name_and_an_own_one_may_be_missing(site: Site) -> None:
    """A field renamed by an administrator must not become a column of nothing; versions differ in their own."""
    site.fake.fields["GL Entry"].remove("transaction_currency")
    site.land()
    assert entries(site) == WHOLE
    site.fake.fields["GL Entry"].remove("custom_department")
    with pytest.raises(SourceReadError, match=r"GL Entry has no field custom_department \(department_code\)"):
        site.land()


def test_a_check_shows_custom_fields_that_nothing_is_filled_from(tmp_path: Path) -> None:
    """What a company added to its site is often what it wants to see."""
    site = Site(empty_site(), tmp_path, only=["Purchase Invoice"])
    with serving(site.fake) as address:
        sign_in = FixedToken(site.fake.key, scheme="token")
        opened = open_erpnext(sign_in, address=address, time_zone="Europe/Helsinki", patience=HURRIED)
        (checked,) = check_api(opened, site.objects).files
    assert [column.header for column in checked.unmapped] == ["custom_shoe_size"]
    assert checked.refusal == ""
