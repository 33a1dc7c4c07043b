"""The desk that mails leave from: claims one delivery, notes the intent, hands it over, notes how it ended.

Belongs here: the steps of `store`'s state machine, in their order, for one mail. Does not: what a mail says,
who gets it (`delivery`), SMTP (`transport`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parseaddr

from company.settings import Settings
from dashboards.access import audit
from dashboards.reports import message as messages
from dashboards.reports.archive import Archive, ArchiveError
from dashboards.reports.store import FINAL, Claim, Delivery, State, Store
from dashboards.reports.transport import Handover, Letter, Outbox, SmtpServer, Transport
from dashboards.reports.webhooks import PREFIX, Webhooks

LEASE = timedelta(minutes=10)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=5), timedelta(hours=4)
HELD_WAIT = timedelta(minutes=10)
"""How long a held report rests before its inputs are looked at again."""
NOTICE = "notice"
"""The audience of a short mail that is written once and holds no rows of the marts."""
NOTICE_DEADLINE = timedelta(hours=48)
DEFAULT_SENDER = "Plumbline <plumbline@localhost>"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one recipient's mail in this call. `is_news`: this call brought it there."""

    recipient: str
    state: State
    detail: str
    report: str = ""
    period: str = ""
    is_news: bool = False


@dataclass
class Desk:
    """Everything that it takes to send, with the clock and the wait as arguments of it.

    `answer`: what the server said that was not about one mail. The rest of the batch gets it too, unasked.
    """

    settings: Settings
    now: Callable[[], datetime]
    transport: Transport
    sleep: Callable[[float], None]
    answer: Handover | None = None
    store: Store = field(init=False)
    archive: Archive = field(init=False)

    def __post_init__(self) -> None:
        self.store = Store(self.settings.folders.app)
        self.archive = Archive(self.settings.folders.mails)

    def plan(self, report: str, period: str, recipient: str, *, version: str, deadline: datetime) -> Delivery:
        """The delivery of this key, made where there is none."""
        return self.store.plan(
            report=report,
            period=period,
            recipient=recipient,
            message_id=message_id(self.settings, report, period, recipient),
            version=version,
            now=self.now(),
            deadline=deadline,
        )

    def wait_for_turn(self) -> None:
        """Wait until the rate limit lets the next mail go."""
        mail = self.settings.mail
        if mail is None or mail.per_minute is None or self.answer is not None:
            return
        interval = timedelta(minutes=1) / mail.per_minute
        self.sleep(self.store.take_turn(now=self.now(), interval=interval).total_seconds())

    def claim(self, delivery: Delivery) -> Claim | None:
        return self.store.claim(delivery, now=self.now(), lease=LEASE)

    def hand_over(self, claim: Claim, delivery: Delivery) -> Result:
        """One attempt. `delivery` holds the bytes; `claim` is the right to send them."""
        handover = self.answer
        if handover is None:
            try:
                data = delivery.headers.encode("ascii") + self.archive.get(delivery.content)
            except ArchiveError as error:
                return self.close(claim, "rejected", str(error))
            letter = Letter(parseaddr(sender_of(self.settings))[1], delivery.recipient, delivery.message_id, data)
            # Noted before the first byte, and again before the last one: only from there on a mail may be out.
            if not self.store.begin(claim, now=self.now()):
                return self.standing(delivery)
            try:
                handover = self.transport.hand_over(
                    letter, before_end=lambda: _insist(self.store.note_final_dot(claim, now=self.now()))
                )
            except TakenOverError:
                return self.standing(delivery)
            if handover.of_server:
                self.answer = handover
        return self.close(claim, handover.outcome, handover.detail)

    def close(self, claim: Claim, state: State, detail: str) -> Result:
        """Note how a claimed delivery ended; one that is to be tried again waits longer each time."""
        next_attempt = self.now() + HELD_WAIT if state == "held" else None
        if state == "retry":
            next_attempt = self.now() + min(FIRST_WAIT * 2**claim.attempts, LONGEST_WAIT)
        self.store.finish(claim, state, detail, now=self.now(), next_attempt_at=next_attempt)
        audit.record(
            self.settings.folders,
            audit.Event(
                self.now(),
                "reports",
                "mail",
                f"{claim.report}/{claim.period}",
                outcome=state,
                detail={"recipient": claim.recipient},
            ),
        )
        return Result(claim.recipient, state, detail, claim.report, claim.period, is_news=True)

    def close_unclaimed(self, delivery: Delivery, state: State, detail: str) -> Result:
        """Claim a delivery only to note that it will not go out now."""
        claim = self.claim(delivery)
        return self.standing(delivery) if claim is None else self.close(claim, state, detail)

    def standing(self, delivery: Delivery) -> Result:
        """How a delivery stands that this call does not touch."""
        found = self.store.find(report=delivery.report, period=delivery.period, recipient=delivery.recipient)
        standing = found or delivery
        words: dict[State, str] = {
            "sent": "already sent",
            "claimed": "another process is sending it",
            "connecting": "another process is sending it",
        }
        detail = words.get(standing.state, standing.detail)
        if standing.state == "retry" and standing.next_attempt_at is not None:
            detail = f"{detail}; next attempt at {standing.next_attempt_at:%Y-%m-%d %H:%M} UTC"
        return Result(standing.recipient, standing.state, detail, standing.report, standing.period)

    def notice(self, *, report: str, period: str, recipient: str, subject: str, text: str) -> Result:
        """A short mail in plain text, through the same states; one per key."""
        headers = messages.headers(
            subject,
            sender=sender_of(self.settings),
            recipient=recipient,
            message_id=message_id(self.settings, report, period, recipient),
            now=self.now(),
        )
        return self.message((report, period, recipient), headers=headers, body=messages.notice_body(text))

    def message(self, key: tuple[str, str, str], *, headers: bytes, body: bytes) -> Result:
        """A short message of any form for (report, period, recipient); one per key."""
        report, period, recipient = key
        delivery = self.plan(report, period, recipient, version="", deadline=self.now() + NOTICE_DEADLINE)
        if delivery.state in FINAL:
            return self.standing(delivery)
        if not delivery.content:
            self.store.render(
                delivery,
                content=self.archive.put(body),
                headers=headers.decode("ascii"),
                version="",
                audience=NOTICE,
                now=self.now(),
            )
        return self.send_written(delivery)

    def send_written(self, delivery: Delivery) -> Result:
        """Send a delivery whose bytes are written and depend on nobody's rights any more."""
        self.wait_for_turn()
        claim = self.claim(delivery)
        found = self.store.find(report=delivery.report, period=delivery.period, recipient=delivery.recipient)
        if claim is None or found is None:
            return self.standing(delivery)
        return self.hand_over(claim, found)


@dataclass(frozen=True, slots=True)
class Routes:
    """Mails to the mail server, messages to `webhook:NAME` to that webhook."""

    mails: Transport
    hooks: Transport

    def hand_over(self, letter: Letter, *, before_end: Callable[[], None]) -> Handover:
        way = self.hooks if letter.recipient.startswith(PREFIX) else self.mails
        return way.hand_over(letter, before_end=before_end)


def transport_of(settings: Settings) -> Transport:
    """The mail server of plumbline.yaml, or the outbox folder where it names none; and its webhooks."""
    mails = SmtpServer(settings.mail) if settings.mail else Outbox(settings.folders.outbox)
    return Routes(mails, Webhooks(settings.webhooks, settings.alerting.allowed_webhook_hosts))


def sender_of(settings: Settings) -> str:
    """Whom mails are from."""
    return settings.mail.sender if settings.mail else DEFAULT_SENDER


def message_id(settings: Settings, report: str, period: str, recipient: str) -> str:
    """The same for every attempt of a key, so that a server or a reader can tell a repeat."""
    digest = hashlib.sha256(f"{settings.company.name}\0{report}\0{period}\0{recipient}".encode()).hexdigest()[:24]
    _, sender = parseaddr(sender_of(settings))
    plain = "".join(
        character for character in period if (character.isascii() and character.isalnum()) or character == "-"
    )
    return f"<{digest}.{plain[:40]}@{sender.split('@')[-1]}>"


class TakenOverError(Exception):
    """Another process took the claim over while this one was sending; this one stops before the last byte."""


def _insist(is_held: bool) -> None:
    if not is_held:
        raise TakenOverError("the claim was taken over before the mail was out")
