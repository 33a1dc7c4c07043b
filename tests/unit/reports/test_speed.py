"""How fast reports are: written once per access, handed over to a server that answers. In CPU seconds of this process.

The machine that tests run on is shared, so that the clock on the wall says nothing of the product.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from scripted_server import Script, running

from company.roles import User
from company.settings import Settings
from dashboards.reports import delivery
from dashboards.reports.message import body, render
from dashboards.reports.previewing import composed

NOW = datetime(2026, 7, 6, 4, 0, tzinfo=UTC)


def test_five_hundred_people_of_one_access_get_their_mail_within_a_minute(
    copied_company: Settings, record_property: Callable[[str, object], None]
) -> None:
    """A report that is due at seven and arrives at eight is read after the meeting."""
    people = tuple(User(email=f"reader{number}@aurelle.example", roles=("executive",)) for number in range(500))
    script = Script()
    with running(script) as mail:
        settings = copied_company.model_copy(update={"users": people, "mail": mail})
        to = [person.email for person in people]
        began, on_the_wall = time.process_time(), time.monotonic()
        results = delivery.send(settings, "weekly_executive", to=to, now=lambda: NOW)
        taken, wall = time.process_time() - began, time.monotonic() - on_the_wall
    assert {result.state for result in results} == {"sent"}
    assert len(script.received) == 500
    assert len({data.split(b"\r\n\r\n", 1)[1] for _, data in script.received}) == 1, "written once"
    record_property("cpu_seconds", taken)
    record_property("wall_seconds", wall)
    assert taken < 60


def test_a_report_of_twelve_sections_is_written_within_three_seconds(
    sample_company: Settings, record_property: Callable[[str, object], None]
) -> None:
    """The board pack in every form: twelve sections and more, with charts, as mail, PDF and workbook."""
    taken = []
    for _ in range(2):  # the first one loads fonts and engines
        began = time.process_time()
        content, reading, _, _ = composed(sample_company, "board_pack", now=NOW, person="ceo@aurelle.example")
        body(render(content, attachments=("pdf", "xlsx"), link=None, display=reading.display))
        taken.append(time.process_time() - began)
    assert len(content.sections) >= 12
    record_property("cpu_seconds", taken)
    assert taken[1] < 3
