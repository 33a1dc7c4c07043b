"""A mail that is opened on a page: its bytes, its pictures, and nothing in it that runs."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime

from dashboards.reports import message
from dashboards.reports.opened import framed, opened

NOW = datetime(2026, 7, 6, 4, 0, tzinfo=UTC)


def notice(text: str) -> bytes:
    head = message.headers("Numbers", sender="a@b.example", recipient="c@d.example", message_id="<1@b>", now=NOW)
    return head + message.notice_body(text)


def test_a_mail_is_shown_in_a_frame_in_which_nothing_runs() -> None:
    """A customer whose name is a script must not read the session of whoever opens the report."""
    data = notice("</iframe><script>top.location='https://evil.example'</script>")
    mail = opened(data)
    frame = framed(mail)
    assert mail.data == data
    assert frame.count("<iframe ") == 1
    assert 'sandbox=""' in frame, "no script, no form, no origin of ours"
    assert "<script" not in frame, "it is text of an attribute, and text of the mail within"
    (inner,) = re.findall(r'srcdoc="([^"]*)"', frame)
    page = html.unescape(inner)
    assert "<script" not in page
    assert "default-src 'none'" in page, "and no way to a host either"
