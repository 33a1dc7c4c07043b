"""A mail as a person sees it, read from its bytes: the shown HTML in a closed frame, its files, its text.

Belongs here: from bytes to what is shown, so that a preview and a sent mail are opened in one way. Does not: who may
open it (`overview`), drawing the page.
"""

from __future__ import annotations

import base64
import html as markup
import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

from company.settings import Settings
from dashboards.reports.archive import Archive, ArchiveError
from dashboards.reports.store import Delivery

_CLOSED = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""The mail's own policy: its styles and the pictures inside of it, and nothing that runs or calls out."""


@dataclass(frozen=True, slots=True)
class OpenedMail:
    """A mail taken apart. `data` are exactly its bytes; `files` are name to (MIME type, bytes)."""

    data: bytes
    subject: str
    text: str
    html: str
    files: dict[str, tuple[str, bytes]]


def sent_mail(settings: Settings, delivery: Delivery) -> OpenedMail:
    """A mail exactly as it was written, whatever has been published since. Raises ArchiveError."""
    if not delivery.content:
        raise ArchiveError(f"no mail of {delivery.report} {delivery.period} to {delivery.recipient} was written")
    return opened(delivery.headers.encode("ascii") + Archive(settings.folders.mails).get(delivery.content))


def opened(data: bytes) -> OpenedMail:
    """Take a mail of ours apart; its inline pictures stand in the HTML itself."""
    message = message_from_bytes(data, policy=policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101  # for the type checker: the policy makes this class
    shown = message.get_body(("html",))
    text = message.get_body(("plain",))
    pictures = {
        str(part["Content-ID"]).strip("<>"): part
        for part in message.walk()
        if part.get_content_maintype() == "image" and part["Content-ID"]
    }
    page = str(shown.get_content()) if shown is not None else ""
    for name, picture in pictures.items():
        coded = base64.b64encode(_bytes(picture)).decode()
        page = page.replace(f"cid:{name}", f"data:{picture.get_content_type()};base64,{coded}")
    files = {str(part.get_filename()): (part.get_content_type(), _bytes(part)) for part in message.iter_attachments()}
    return OpenedMail(data, str(message["Subject"]), str(text.get_content()) if text is not None else "", page, files)


def framed(mail: OpenedMail) -> str:
    """The mail in a frame of its own in which nothing runs: no script, no form, no way to the page or to a host.

    Streamlit's own frame lets scripts run, so the mail stands in a second one inside of it.
    """
    page = mail.html or f"<pre style='white-space: pre-wrap; font: 14px sans-serif'>{markup.escape(mail.text)}</pre>"
    fence = f'<meta http-equiv="Content-Security-Policy" content="{_CLOSED}">'
    page = re.sub(r"(<head[^>]*>)", lambda found: found[1] + fence, page, count=1) if "<head" in page else fence + page
    return (
        "<style>html, body { margin: 0; height: 100% }"
        " iframe { border: 0; width: 100%; height: 100%; background: #fff; display: block }</style>"
        f'<iframe sandbox="" title="{markup.escape(mail.subject)}" srcdoc="{markup.escape(page)}"></iframe>'
    )


def _bytes(part: EmailMessage) -> bytes:
    content = part.get_content()
    return content if isinstance(content, bytes) else str(content).encode()
