"""Reading an Odoo database: nothing lost and nothing twice, whatever network, server and other people do meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from fakes.odoo import FakeOdoo
from fakes.odoo_sample import empty_database
from fakes.serving import Answer, Fault, cut, half, serving, slow, status
from unit.sources.database_of_odoo import Database
from unit.sources.org import HURRIED

from company.source_settings import OdooSource
from pipelines.landing.api_readers import open_reader
from pipelines.sources.api_check import check_api
from pipelines.sources.errors import ConnectionFailedError, SourceReadError
from pipelines.sources.http import AnswerError
from pipelines.sources.odoo import open_odoo

ROWS = 900
PAYMENT = "account.payment"
ENTITY = "odoo_payment"
WHOLE = (ROWS, Decimal("405900.00"))  # 1.50 + 2.50 + ... + 900.50 = 450 x 902
JSON = {"content_type": "application/json"}


def pay(fake: FakeOdoo, number: int, **fields: Any) -> None:
    given = {"state": "paid", "payment_type": "inbound", "partner_type": "customer", "journal_id": 1, "currency_id": 1}
    amount = Decimal(f"{number}.50")
    fake.save(PAYMENT, number, **{**given, "amount": amount, "date": fake.now.date(), "move_id": number, **fields})


@pytest.fixture(params=[19, 18], ids=["JSON-2", "JSON-RPC"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """A database with 900 payments on five pages, made five minutes ago, asked either way."""
    fake = empty_database(version=request.param)
    for number in range(1, ROWS + 1):
        pay(fake, number)
    fake.pass_time(minutes=5)
    return Database(fake, tmp_path, only=[PAYMENT], page=200)


def payments(database: Database) -> tuple[int, Decimal]:
    """How many payments a new warehouse has, and their amount."""
    ((count, amount),) = database.rows(ENTITY, "count(*), sum(amount_doc)")
    return count, amount


def at_page(database: Database, change: Callable[[Answer], Answer], page: int = 3, times: int = 1) -> Fault:
    """A fault of the page: the reader asks for fields, the time and a count before; JSON-RPC signs in first."""
    if database.fake.version >= 19:
        return Fault("search_read", change, after=page - 1, times=times)
    return Fault("/jsonrpc", change, after=page + 3, times=times)


def pages_asked(database: Database, since: int = 0) -> int:
    return sum(b"limit" in request.body for request in database.fake.requests[since:])


# -- faults that waiting or asking again puts right ------------------------------------------------------------------


@pytest.mark.parametrize("page", [1, 3])
@pytest.mark.parametrize(
    "fault",
    [
        status(429, retry_after="0"),
        status(503),
        status(500, b"<html>worker restarted</html>", content_type="text/html"),
        status(500, orjson.dumps({"name": "psycopg2.errors.SerializationFailure", "message": "could not"}), **JSON),
        half,
        cut,
        slow,
    ],
    ids=["429", "503", "500", "collision", "half a JSON", "cut connection", "timeout"],
)
def test_what_passes_is_waited_for(database: Database, page: int, fault: Callable[[Answer], Answer]) -> None:
    """A server that stumbles once in a night must not cost the morning's numbers."""
    database.fake.faults.append(at_page(database, fault, page))
    assert database.land().refused == ()
    assert payments(database) == WHOLE


def test_a_key_that_is_refused_once_is_tried_again_and_no_more(database: Database) -> None:
    """A server that restarts forgets whom it knows; a key that was revoked stays so."""
    database.fake.faults.append(at_page(database, status(401)))
    database.land()
    assert payments(database) == WHOLE
    database.fake.faults[:] = [Fault("POST", status(401), times=1000)]
    asked = len(database.fake.requests)
    with pytest.raises(ConnectionFailedError):
        database.land()
    assert len(database.fake.requests) - asked == 2


def test_a_wrong_key_is_told_without_the_key(database: Database) -> None:
    """Messages end in logs, mails and pages."""
    with pytest.raises(ConnectionFailedError) as raised:
        database.land("hidden-word")
    assert "hidden-word" not in str(raised.value)


def test_a_wrong_question_is_asked_once_and_its_trace_not_told(database: Database) -> None:
    """Odoo answers a field that is gone with status 500 or 200; asking again changes nothing, and traces hold paths."""
    about = {"name": "builtins.ValueError", "message": "Invalid field 'amount'", "debug": "secret-path"}
    body = orjson.dumps(about if database.fake.version >= 19 else {"error": {"code": 0, "data": about}})
    code = 500 if database.fake.version >= 19 else 200
    database.fake.faults.append(at_page(database, status(code, body, **JSON), times=1000))
    with pytest.raises(AnswerError, match=r"ValueError Invalid field 'amount'") as raised:
        database.land()
    assert "secret-path" not in str(raised.value)
    assert pages_asked(database) == 3
    assert database.batches(ENTITY) == []


# -- faults that end a landing: what was read is kept or thrown away, never half believed -----------------------------


def test_a_server_that_stays_away_is_gone_on_with_at_the_page(database: Database) -> None:
    """A landing of hours must not start anew because its last minute failed."""
    database.fake.faults.append(at_page(database, status(503), page=4, times=HURRIED.attempts))
    with pytest.raises(ConnectionFailedError, match="no usable answer in 4 attempts; the last: status 503"):
        database.land()
    asked = len(database.fake.requests)
    database.land()
    assert pages_asked(database, asked) == 2
    assert payments(database) == WHOLE


def changed_page(change: Callable[[list[Any]], list[Any]]) -> Callable[[Answer], Answer]:
    """A page with other records than the server meant to give."""

    def changed(answer: Answer) -> Answer:
        content = orjson.loads(answer.body)
        if isinstance(content, dict):
            content["result"] = change(content["result"])
        else:
            content = change(content)
        return Answer(answer.status, orjson.dumps(content), answer.headers)

    return changed


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: [{**row, "id": row["id"] - 200} for row in rows], "gives records again"),
        (lambda rows: [{**row, "id": row["id"] - 400} for row in rows], "gives records again"),
        (lambda rows: rows[:-1], "599 records with 599 keys came, the system announced 900"),
        (lambda rows: [{**row, "id": row["id"] + 200} for row in rows], "700 records with 700 keys came"),
    ],
    ids=["repeated page", "looping cursor", "short page", "lost page"],
)
def test_pages_that_do_not_add_up_are_not_taken(database: Database, change: Any, said: str) -> None:
    """Two hundred payments missing from the cash look like a bad month."""
    database.fake.faults.append(at_page(database, changed_page(change)))
    with pytest.raises(SourceReadError, match=said):
        database.land()
    assert database.batches(ENTITY) == []
    database.fake.faults.clear()
    database.land()
    assert payments(database) == WHOLE


def test_amounts_that_do_not_add_up_are_read_again_and_then_refused(database: Database) -> None:
    """A digit lost on the way is in no count; Odoo's own sum tells of it."""
    altered = changed_page(lambda rows: [{**row, "amount": row["amount"] + 0.25} for row in rows])

    def alter(answer: Answer) -> Answer:
        return altered(answer) if b"label of" in answer.body else answer

    database.fake.faults.append(Fault("POST", alter, times=1000))
    with pytest.raises(SourceReadError, match=r"adds up to 406125.00, by Odoo's own sum to 405900.0"):
        database.land()
    assert database.batches(ENTITY) == []
    database.fake.faults.clear()
    database.land()
    assert payments(database) == WHOLE


# -- what people do meanwhile -----------------------------------------------------------------------------------------


def test_a_change_brings_one_record_and_nothing_changed_none(database: Database) -> None:
    """Nine hundred payments are not read again because one moved."""
    database.land()
    database.fake.pass_time(hours=1)
    pay(database.fake, 3, amount=Decimal("1003.50"))
    database.fake.pass_time(minutes=1)
    (batch,) = database.land().landed
    assert (batch.kind, batch.rows.loaded) == ("delta", 1)
    assert payments(database) == (ROWS, Decimal("406900.00"))
    database.fake.pass_time(minutes=10)
    assert database.land().is_nothing


def test_records_stamped_at_the_bound_itself_are_all_read(database: Database) -> None:
    """A server stamps a whole import with one second; half of it must not stay behind it."""
    bound = database.fake.now
    database.land()
    pay(database.fake, 2000, write_date=bound + timedelta(milliseconds=700))
    database.fake.pass_time(seconds=2)
    database.land()
    assert payments(database)[0] == ROWS + 1


def test_a_change_committed_behind_the_cursor_is_read(database: Database) -> None:
    """An import carries the stamp of its start: it shows minutes after what came later was read."""
    database.land()
    database.fake.pass_time(hours=1)
    pay(database.fake, 2000)
    database.fake.pass_time(minutes=5)
    database.land()
    pay(database.fake, 3, amount=Decimal("1003.50"), write_date=database.fake.now - timedelta(minutes=20))
    database.land()
    assert payments(database) == (ROWS + 1, Decimal("408900.50"))


def test_deleted_and_changed_between_pages_loses_no_other_record(database: Database) -> None:
    """Pages by number would shift when a record before them goes."""

    def meanwhile(answer: Answer) -> Answer:
        database.fake.unlink(PAYMENT, 3)
        pay(database.fake, 4, amount=Decimal("1004.50"))
        pay(database.fake, 850, amount=Decimal("1850.50"))
        return answer

    database.fake.faults.append(at_page(database, meanwhile))
    database.land()
    database.fake.pass_time(minutes=5)
    database.land()
    assert payments(database) == (ROWS - 1, Decimal("407896.50"))  # less 3.50, and twice 1,000 more


def test_a_record_far_behind_the_cursor_and_a_deleted_one_are_found_by_their_ids(database: Database) -> None:
    """Odoo keeps no trace of what is deleted: a payment that is no more must not stay in the cash for ever."""
    database.land()
    database.fake.pass_time(days=2)
    pay(database.fake, 2000)
    database.fake.pass_time(minutes=5)
    database.land()
    database.fake.unlink(PAYMENT, 3)
    database.land()
    assert payments(database) == (ROWS, Decimal("407897.00"))  # less 3.50, plus 2,000.50
    pay(database.fake, 3000, write_date=database.fake.now - timedelta(days=1))
    database.land()
    assert payments(database)[0] == ROWS + 1


def test_records_without_a_stamp_are_read(database: Database) -> None:
    """Migrations leave write_date empty."""
    pay(database.fake, 2000, write_date=None)
    pay(database.fake, 2001, write_date=None, create_date=None)
    database.land()
    assert payments(database)[0] == ROWS + 2


def test_archived_records_are_read_and_counted(tmp_path: Path) -> None:
    """A former customer still has invoices, a lost deal is archived: without them ratios are wrong."""
    fake = empty_database()
    for number, active in ((1, True), (2, False)):
        fake.save("res.partner", number, name="A", active=active, commercial_partner_id=number)
    fake.pass_time(minutes=5)
    database = Database(fake, tmp_path, only=["res.partner"])
    database.land()
    assert database.rows("odoo_partner", "id, is_active") == [("erp:1", True), ("erp:2", False)]
    assert database.land().is_nothing


def test_empty_values_and_links_are_plain(tmp_path: Path) -> None:
    """Odoo writes false for whatever is empty, and a link with the label of the reader's language."""
    fake = empty_database()
    fake.save("account.move.line", 1, move_id=7, balance=Decimal("0.10"), sale_line_ids=[4, 5])
    fake.pass_time(minutes=5)
    database = Database(fake, tmp_path, only=["account.move.line"])
    database.land()
    found = database.rows("odoo_move_line", "move_id, product_id, label, balance_local, order_line_ids")
    assert found == [("erp:7", None, None, Decimal("0.10"), "4;5")]


# -- the database changes ---------------------------------------------------------------------------------------------


def test_a_field_that_is_gone_is_told_by_name(database: Database) -> None:
    """A field removed by an update must not become a column of nothing; one that a version lacks is empty."""
    del database.fake.fields[PAYMENT]["amount_company_currency_signed"]
    database.land()
    del database.fake.fields[PAYMENT]["amount"]
    with pytest.raises(SourceReadError, match=r"no field amount \(amount_doc\)"):
        database.land()
    assert payments(database) == WHOLE


def test_a_model_of_an_app_that_is_not_installed_is_left_out(database: Database) -> None:
    """Many companies have the ledger without sales orders."""
    del database.fake.fields["sale.order"]
    database.only = ["sale.order"]
    assert database.land().missing == ("sale.order",)


def test_a_check_shows_own_fields_that_nothing_is_filled_from(database: Database) -> None:
    """What a company added to its database is often what it wants to see."""
    database.only = ["res.partner"]
    del database.fake.fields["res.partner"]["x_segment"]
    with serving(database.fake) as address:
        (checked,) = check_api(database.opened(address), database.objects).files
    assert [column.header for column in checked.unmapped] == ["x_shoe_size"]
    assert [(column.canonical, column.header) for column in checked.missing] == [("segment", "x_segment")]


def test_settings_open_the_database_by_the_way_its_version_has(database: Database) -> None:
    """A person names a user up to Odoo 18 and none after it; nothing else differs."""
    with serving(database.fake) as address:
        given = {"kind": "odoo", "address": address, "database": "acme", "api_key": database.fake.key}
        if database.fake.version < 19:
            given["user"] = database.fake.user
        with open_reader("erp", OdooSource.model_validate(given), database.root) as reader:
            assert reader.count(database.objects[0]) == ROWS
            assert reader.moment() == database.fake.now


def test_a_key_that_is_not_known_is_told(database: Database) -> None:
    """JSON-RPC says no by a false in an answer that is fine."""
    database.fake.key = "another"
    with pytest.raises(ConnectionFailedError, match=r"refused|Invalid apikey"):
        database.land("the-api-key")


def test_a_database_that_is_not_there_is_no_app_that_is_not_there(database: Database) -> None:
    """A mistyped name must not read as a company without invoices."""
    database.fake.database = "another"
    with (
        serving(database.fake) as address,
        open_odoo(
            database.fake.key,
            address=address,
            database="acme",
            user=None if database.fake.version >= 19 else database.fake.user,
            patience=HURRIED,
        ) as reader,
        pytest.raises((ConnectionFailedError, AnswerError), match=r"check both|database \"acme\" does not exist"),
    ):
        reader.available(database.objects[0])
