"""A report as one mail: text, HTML with inline charts, attachments. Pure: content in, bytes out.

Headers are set through the standard library's policy, which refuses line breaks; names are flattened before that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, getaddresses, parseaddr
from urllib.parse import quote

from dashboards.format import Display
from dashboards.reports import forms
from dashboards.reports.content import ReportContent
from dashboards.reports.links import WayOut
from dashboards.reports.workbook import flat, workbook

# Servers without 8BITMIME take 7-bit parts only.
POLICY = SMTP.clone(cte_type="7bit")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A report in every form, written once and sent to all who may see the same."""

    content: ReportContent
    html: str
    text: str
    images: dict[str, bytes]
    attachments: dict[str, tuple[str, bytes]]
    """File name to (MIME type, bytes)."""

    @property
    def cids(self) -> dict[str, str]:
        return chart_ids(self.content)


def chart_ids(content: ReportContent) -> dict[str, str]:
    """The content id of each chart; the same for every recipient."""
    return {chart.key: f"{chart.key}.{content.name}@plumbline" for part in content.sections for chart in part.charts}


def render(content: ReportContent, *, attachments: tuple[str, ...], link: str | None, display: Display) -> Rendered:
    """Write the content in every form. `attachments`: any of pdf, xlsx, csv."""
    stem = f"{content.name}_{content.period_key}"
    files: dict[str, tuple[str, bytes]] = {}
    if "pdf" in attachments:
        files[f"{stem}.pdf"] = ("application/pdf", forms.pdf(content, display=display))
    if "xlsx" in attachments:
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        files[f"{stem}.xlsx"] = (kind, workbook(content, display=display))
    if "csv" in attachments:
        files[f"{stem}.csv"] = ("text/csv", flat(content))
    return Rendered(
        content,
        forms.html(content, cids=chart_ids(content), link=link, display=display),
        forms.text(content, link=link, display=display),
        forms.images(content),
        files,
    )


def body(rendered: Rendered) -> bytes:
    """What is the same for every recipient: the parts of the mail with their own headers."""
    message = EmailMessage(policy=POLICY)
    message.set_content(rendered.text)
    message.add_alternative(rendered.html, subtype="html")
    html_part = next(part for part in message.iter_parts() if part.get_content_type() == "text/html")
    assert isinstance(html_part, EmailMessage)  # noqa: S101  # for the type checker: the policy makes parts of this class
    for key, image in rendered.images.items():
        html_part.add_related(image, "image", "png", cid=f"<{rendered.cids[key]}>", filename=f"{key}.png")
    for name, (kind, data) in rendered.attachments.items():
        maintype, subtype = kind.split("/")
        message.add_attachment(data, maintype=maintype, subtype=subtype, filename=name)
    return bytes(message)


def notice_body(text: str) -> bytes:
    """The body of a short mail in plain text: a report that is held, a run that failed, an alert."""
    message = EmailMessage(policy=POLICY)
    message.set_content(text)
    return bytes(message)


def subject_of(content: ReportContent) -> str:
    """The subject of a report's mail."""
    return f"{content.title}, {content.period}: {content.company}"


def headers(
    subject: str,
    *,
    sender: str,
    recipient: str,
    message_id: str,
    now: datetime,
    unsubscribe: str | None = None,
    way_out: WayOut | None = None,
) -> bytes:
    """One recipient's header lines, to stand before a body.

    `now` is aware; `unsubscribe` names the report to leave, `way_out` is where that is done besides by mail.
    """
    message = EmailMessage(policy=POLICY)
    message["Subject"] = one_line(subject)
    message["From"] = _address(sender)
    message["To"] = _address(recipient)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    written = bytes(message).rstrip(b"\r\n") + b"\r\n"
    return written if unsubscribe is None else written + _ways_out(sender, unsubscribe, way_out).encode("ascii")


def _ways_out(sender: str, name: str, way_out: WayOut | None) -> str:
    """The lines of RFC 2369 and RFC 8058, folded between addresses.

    The standard library would fold a long address by encoding it, and no mail program reads that.
    """
    _, address = parseaddr(one_line(sender))
    ways = [f"mailto:{quote(address, safe='@')}?subject={quote(f'unsubscribe {name}')}"]
    if way_out is not None:
        ways.insert(0, quote(one_line(way_out.address), safe=":/?&=%#[]@!$'()*+,;~"))
    lines = "List-Unsubscribe: " + ",\r\n ".join(f"<{way}>" for way in ways) + "\r\n"
    if way_out is not None and way_out.is_one_click:
        lines += "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    return lines


def one_line(text: str) -> str:
    """Text without line breaks, control characters or marks that turn the direction of writing."""
    kept = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(kept.split())


def _address(text: str) -> Address:
    """One address. Raises ValueError for text that holds several or none."""
    found = getaddresses([one_line(text)])
    if len(found) != 1 or "@" not in found[0][1]:
        raise ValueError(f"{text!r} is not one e-mail address")
    name, address = found[0]
    return Address(display_name=name, addr_spec=address)
