"""Reading the CRM half of an Odoo database: what belongs to leads and opportunities, and what is nobody's business."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.odoo_crm_sample import MAPPING, empty_crm
from fakes.serving import serving
from unit.sources.database_of_odoo import Database

from pipelines.sources.api_check import check_api
from pipelines.sources.http import AnswerError


@pytest.fixture(params=[19, 18], ids=["JSON-2", "JSON-RPC"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """A database with one opportunity, a partner, what was said of both, and a meeting that is private."""
    fake = empty_crm(version=request.param)
    fake.save("res.partner", 1, name="A", commercial_partner_id=1)
    fake.save("crm.lead", 7, name="A deal", type="opportunity", active=True)
    for number, (model, record) in enumerate((("crm.lead", 7), ("res.partner", 1), ("crm.lead", 7)), 1):
        fake.save("mail.message", number, model=model, res_id=record, date=fake.now, message_type="notification")
        fake.save("mail.tracking.value", number, mail_message_id=number, field_id=number, new_value_float=1.5)
        fake.save("ir.model.fields", number, name=f"field_{number}", model=model)
    fake.save("calendar.event", 1, start=fake.now, duration=1, opportunity_id=7)
    fake.save("calendar.event", 2, start=fake.now, duration=1)
    fake.pass_time(minutes=5)
    return Database(fake, tmp_path, source="crm", mapping=MAPPING)


def ids(database: Database, entity: str) -> list[str]:
    return [number for (number,) in database.rows(entity, "id")]


def test_only_what_belongs_to_leads_is_read_of_models_that_all_write_to(database: Database) -> None:
    """A salary talked over in another log, and a private meeting, must not reach the warehouse."""
    database.land()
    assert ids(database, "odoo_message") == ["crm:1", "crm:3"]
    assert ids(database, "odoo_tracking_value") == ["crm:1", "crm:3"]
    assert ids(database, "odoo_tracked_field") == ["crm:1", "crm:3"]
    assert ids(database, "odoo_meeting") == ["crm:1"]
    assert database.rows("odoo_message", "lead_id") == [("crm:7",), ("crm:7",)]


def test_a_log_entry_that_is_deleted_goes_and_nothing_else_is_taken_for_deleted(database: Database) -> None:
    """The list of ids that is compared must be of the same records as those that were read."""
    database.land()
    database.fake.pass_time(hours=2)
    database.fake.unlink("mail.tracking.value", 3)
    database.land()
    assert ids(database, "odoo_tracking_value") == ["crm:1"]
    assert ids(database, "odoo_message") == ["crm:1", "crm:3"]


def test_who_may_not_read_the_crm_reads_the_rest(database: Database) -> None:
    """An update of ours must not stop the nightly landing of a user who was given the ledger alone."""
    database.fake.denied = {"crm.lead", "mail.tracking.value"}
    landing = database.land()
    assert landing.missing == ("crm.lead", "mail.tracking.value")
    assert ids(database, "odoo_partner") == ["crm:1"]
    with serving(database.fake) as address:
        assert check_api(database.opened(address), database.objects).without_file == ("crm.lead", "mail.tracking.value")


def test_who_may_not_read_the_ledger_is_told(database: Database) -> None:
    """Partners or entries that a right hides would be a company without customers."""
    database.fake.denied = {"res.partner"}
    with pytest.raises(AnswerError, match="AccessError"):
        database.land()


def test_an_opportunity_that_is_lost_is_archived_and_still_read(database: Database) -> None:
    """Forget the archived ones, and every deal of the company is won."""
    database.land()
    database.fake.pass_time(hours=2)
    database.fake.save("crm.lead", 7, active=False, probability=0, date_closed=database.fake.now)
    database.fake.pass_time(minutes=5)
    database.land()
    assert database.rows("odoo_lead", "id, is_active, probability") == [("crm:7", False, 0)]
