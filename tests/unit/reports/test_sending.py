"""Sending the reports of the published sample company: once per recipient, with the rights of the moment, or held."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from company.roles import User
from company.settings import Settings
from company.versions import Failure, RunRecord, write_json
from dashboards.reports import delivery
from dashboards.reports.recipients import addresses
from dashboards.reports.store import Store
from dashboards.reports.transport import Handover, Letter
from pipelines import reports

NOW = datetime(2026, 7, 6, 4, 0, tzinfo=UTC)


class Recorder:
    """A transport that keeps what it was given."""

    def __init__(self, outcome: str = "sent") -> None:
        self.outcome = outcome
        self.mails: list[tuple[str, bytes]] = []

    def hand_over(self, letter: Letter, *, before_end: Callable[[], None]) -> Handover:
        before_end()
        self.mails.append((letter.recipient, letter.data))
        return Handover(self.outcome, "scripted")  # type: ignore[arg-type]

    def parsed(self, place: int) -> EmailMessage:
        message = message_from_bytes(self.mails[place][1], policy=policy.default)
        assert isinstance(message, EmailMessage)
        return message


class TestSending:
    """Once per report, period and recipient."""

    def send(self, settings: Settings, transport: Recorder, **changes: object) -> list[delivery.Result]:
        return delivery.send(settings, "weekly_executive", now=lambda: NOW, transport=transport, **changes)  # type: ignore[arg-type]

    def test_a_second_call_sends_nothing(self, copied_company: Settings) -> None:
        transport = Recorder()
        first = self.send(copied_company, transport)
        again = self.send(copied_company, transport)
        recipients = addresses(copied_company, copied_company.reports["weekly_executive"].recipients)
        assert [result.state for result in first] == ["sent"] * len(recipients)
        assert [recipient for recipient, _ in transport.mails] == list(recipients)
        assert {result.detail for result in again} == {"already sent"}

    def test_a_mail_that_waits_goes_out_later_with_the_same_id(self, copied_company: Settings) -> None:
        waiting, working = Recorder("retry"), Recorder()
        self.send(copied_company, waiting, to=["ceo@aurelle.example"])
        (early,) = self.send(copied_company, working, to=["ceo@aurelle.example"])
        assert (early.state, working.mails) == ("retry", []), "the wait is not over"
        later = NOW + timedelta(minutes=6)
        delivery.resume(copied_company, now=lambda: later, transport=working)
        assert waiting.mails[0][1] == working.mails[0][1], "every attempt is the same bytes"

    def test_an_unknown_mail_is_not_sent_again(self, copied_company: Settings) -> None:
        self.send(copied_company, Recorder("unknown"), to=["ceo@aurelle.example"])
        transport = Recorder()
        (result,) = self.send(copied_company, transport, to=["ceo@aurelle.example"])
        assert (result.state, transport.mails) == ("unknown", [])

    def test_after_a_failed_run_the_report_is_held_and_said_so_once(self, copied_company: Settings) -> None:
        failed = RunRecord(
            run_id="99999999T000000000Z-1",
            started_at=NOW,
            status="failed",
            as_of=NOW.date(),
            failures=(Failure(check="journals_balance", model="fct_close_checks", message="1 row"),),
        )
        write_json(copied_company.folders.runs / f"{failed.run_id}.json", failed)
        transport = Recorder()
        (result,) = self.send(copied_company, transport, to=["ceo@aurelle.example"])
        self.send(copied_company, transport, to=["ceo@aurelle.example"])
        assert (result.state, len(transport.mails)) == ("held", 1)
        assert b"journals_balance" in transport.mails[0][1]
        (copied_company.folders.runs / f"{failed.run_id}.json").unlink()
        (later,) = self.send(copied_company, transport, to=["ceo@aurelle.example"])
        assert (later.state, len(transport.mails)) == ("sent", 2)

    def test_the_outbox_is_used_without_a_server(self, copied_company: Settings) -> None:
        (result,) = reports.send(copied_company, "weekly_executive", to=["ceo@aurelle.example"])
        assert result.state == "sent"
        (path,) = copied_company.folders.outbox.glob("*.eml")
        assert message_from_bytes(path.read_bytes(), policy=policy.default)["To"] == "ceo@aurelle.example"

    def test_an_unknown_report_is_refused(self, copied_company: Settings) -> None:
        with pytest.raises(delivery.ReportError, match="recipients: missing"):
            reports.send(copied_company.model_copy(update={"reports": {}}), "board_pack")
        with pytest.raises(delivery.ReportError, match="no report is called 'nightly'"):
            reports.preview(copied_company, "nightly", copied_company.root)

    def test_a_sent_report_opens_again_byte_for_byte(self, copied_company: Settings) -> None:
        """When two people quarrel about a number, the mail itself must be there."""
        transport = Recorder()
        self.send(copied_company, transport)
        for recipient, data in transport.mails:
            kept = reports.archived(copied_company, "weekly_executive", period="2026-W27", recipient=recipient)
            assert kept == data
        (mail, *_) = Store(copied_company.folders.app).deliveries("weekly_executive")
        assert mail.version == (copied_company.folders.pointer).read_text().strip()

    def test_people_with_one_access_share_one_rendering_and_others_do_not(self, copied_company: Settings) -> None:
        """A sales lead must not read the margin in a mail that was written for the chief executive."""
        transport = Recorder()
        self.send(copied_company, transport)
        kept = {mail.recipient: mail for mail in Store(copied_company.folders.app).deliveries("weekly_executive")}
        assert kept["ceo@aurelle.example"].content == kept["controller@aurelle.example"].content
        assert kept["sales.north@aurelle.example"].content != kept["ceo@aurelle.example"].content
        north = next(data for recipient, data in transport.mails if recipient.startswith("sales.north"))
        parsed = message_from_bytes(north, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        text = parsed.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        assert "Bookings" in text
        assert "Gross margin:" not in text
        assert "Left out, as your access does not hold their numbers: What we sold, What we kept, What cash" in text
        names = [part.get_filename() for part in parsed.iter_attachments()]
        assert not any(str(name).endswith(".xlsx") for name in names), "the role may not export"

    def test_who_loses_the_right_before_the_mail_goes_gets_none(self, copied_company: Settings) -> None:
        """Someone who leaves on Sunday must not read Monday's numbers (T27)."""
        without = copied_company.model_copy(
            update={"users": tuple(user for user in copied_company.users if not user.email.startswith("ceo"))}
        )
        looks = iter([copied_company, copied_company, without])
        transport = Recorder()
        (result,) = self.send(
            copied_company, transport, to=["ceo@aurelle.example"], reload=lambda: next(looks, without)
        )
        assert (result.state, transport.mails) == ("cancelled", [])
        assert "the right was lost" in result.detail

    def test_whose_access_narrows_gets_the_narrower_mail(self, copied_company: Settings) -> None:
        """A mail written under yesterday's rights is written again."""
        north = copied_company.users[2]
        narrowed = User(email="ceo@aurelle.example", roles=north.roles, attributes=north.attributes)
        after = copied_company.model_copy(update={"users": (narrowed, *copied_company.users[1:])})
        waiting, working = Recorder("retry"), Recorder()
        self.send(copied_company, waiting, to=["ceo@aurelle.example"])
        later = NOW + timedelta(minutes=6)
        delivery.resume(after, now=lambda: later, transport=working)
        ((_, data),) = working.mails
        assert data != waiting.mails[0][1]
        assert b"Left out, as your access does not hold" in data

    def test_an_address_that_is_no_user_gets_nothing(self, copied_company: Settings) -> None:
        """Nothing says what they may see, so they may see nothing (T29)."""
        transport = Recorder()
        (result,) = self.send(copied_company, transport, to=["rival@elsewhere.example"])
        assert (result.state, transport.mails) == ("cancelled", [])
        assert "no user" in result.detail

    def test_a_held_report_that_is_not_mended_in_time_expires_and_its_owner_hears(
        self, copied_company: Settings
    ) -> None:
        """Last week's numbers in next week's mailbox are worse than none."""
        failed = RunRecord(run_id="99999999T000000000Z-1", started_at=NOW, status="failed", as_of=NOW.date())
        write_json(copied_company.folders.runs / f"{failed.run_id}.json", failed)
        transport = Recorder()
        self.send(copied_company, transport, to=["ceo@aurelle.example"])
        late = NOW + timedelta(hours=73)
        results = delivery.resume(copied_company, now=lambda: late, transport=transport)
        assert [result.state for result in results] == ["expired"]
        assert transport.mails[-1][0] == "controller@aurelle.example"
        assert b"came too late to be sent" in transport.mails[-1][1]

    def test_a_person_sends_an_unknown_mail_again_with_the_same_bytes(self, copied_company: Settings) -> None:
        """If it did arrive, the reader's program sees the same Message-ID twice."""
        first = Recorder("unknown")
        self.send(copied_company, first, to=["ceo@aurelle.example"])
        results = reports.resend(copied_company, "weekly_executive", period="2026-W27", recipient="ceo@aurelle.example")
        assert [result.state for result in results] == ["sent"]
        written = [path.read_bytes() for path in copied_company.folders.outbox.glob("*.eml")]
        assert first.mails[0][1] in written
        with pytest.raises(delivery.ReportError, match="is sent; only unknown"):
            reports.resend(copied_company, "weekly_executive", period="2026-W27", recipient="ceo@aurelle.example")


def test_the_operator_reads_what_failed_and_what_still_stands(sample_company: Settings, tmp_path: Path) -> None:
    """At five in the morning one mail must be enough to know where to look."""
    record = RunRecord(
        run_id="r1",
        started_at=NOW,
        status="failed",
        as_of=NOW.date(),
        version="v7",
        message="1 of 102 checks failed",
        failures=(
            Failure(
                check="journals_balance", model="fct_close_checks", message="1 row", rows=({"journal_id": "erp:9"},)
            ),
        ),
    )
    settings = sample_company.model_copy(update={"data": tmp_path, "operator": "ops@example.com"})
    reports.notify_operator(settings, record)
    (path,) = settings.folders.outbox.glob("*.eml")
    text = message_from_bytes(path.read_bytes(), policy=policy.default).get_content()
    assert "journals_balance on fct_close_checks: 1 row" in text
    assert "journal_id=erp:9" in text
    assert "Readers still see version v7." in text
