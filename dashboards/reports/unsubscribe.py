"""The way out of a report, for mail programs and for whoever follows its link: no session, the link is the right.

Belongs here: the one page and what it does. Does not: the link (`reports.links`), the choice (`reports.subscriptions`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from html import escape

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from company.locale import Locale
from company.settings import Settings, current_settings
from dashboards.access.plain_page import page
from dashboards.format import Display
from dashboards.reports import subscriptions
from dashboards.reports.declared import declared
from dashboards.reports.errors import ReportError
from dashboards.reports.links import UNSUBSCRIBE, read_way_out
from dashboards.reports.recipients import locale_of


def _now() -> datetime:
    return datetime.now(UTC)


def routes(
    settings: Callable[[], Settings] = current_settings, clock: Callable[[], datetime] = _now
) -> Sequence[Route]:
    """The route. It knows nobody where plumbline.yaml has no `sign_in`: such pages answer this machine only."""

    async def answer(request: Request) -> Response:
        token, method = request.query_params.get("token", ""), request.method
        return await asyncio.to_thread(_answer, settings(), token, is_asked=method == "POST", now=clock())

    return [Route(UNSUBSCRIBE, answer, methods=["GET", "POST"])]


def _answer(settings: Settings, token: str, *, is_asked: bool, now: datetime) -> Response:
    """GET asks, POST does it: programs that look at every link of a mail must not end a report for its reader."""
    found = read_way_out(settings, token)
    if found is None:
        say = Display(Locale(settings.company.locale), settings.company.reporting_currency).say
        return _said(
            settings.company.locale, say("Unsubscribe"), say("This link is not whole, or not of these pages."), 404
        )
    name, recipient = found
    try:
        report = declared(settings, name)
    except ReportError:  # it was taken out of plumbline.yaml since: there is nothing that could still come
        report = None
    locale = locale_of(settings, recipient, report)
    say = Display(locale, settings.company.reporting_currency).say
    title = say((report.title if report else None) or name)
    if not is_asked:
        asked = say("{recipient} gets the report {title}.", recipient=recipient, title=title)
        form = f'<form method="post"><button>{escape(say("Unsubscribe"))}</button></form>'
        return _said(locale.name, say("Unsubscribe"), asked, more=form)
    subscriptions.choose(settings.folders, name, recipient, is_subscribed=False, actor=recipient, now=now)
    done = say("{recipient} gets the report {title} no more.", recipient=recipient, title=title)
    return _said(locale.name, say("Unsubscribed"), done)


def _said(locale: str, title: str, text: str, status: int = 200, *, more: str = "") -> Response:
    read = Locale(locale)
    return page(
        f'<h1>{escape(title)}</h1><p role="status">{escape(text)}</p>{more}',
        status,
        title=title,
        language=read.language,
        direction="rtl" if read.is_right_to_left else "ltr",
    )
