"""A report's content written as HTML, plain text and PDF. Every form has the same numbers: all write the same content.

Data is escaped by the template engine, or handed over as data (PDF): a name can never become markup.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import typst
from markupsafe import Markup, escape
from mjml import mjml2html

from company.locale import unbroken
from dashboards.figures import paper
from dashboards.figures.theme import LIGHT
from dashboards.format import Display
from dashboards.reports.content import Card, ReportContent

TEMPLATES = Path(__file__).resolve().parent / "templates"


def html(content: ReportContent, *, cids: Mapping[str, str], link: str | None, display: Display) -> str:
    """The mail's HTML: tables and inline styles that Outlook and Gmail keep. `cids` name the inline charts."""
    markup = _templates(escaped=True).get_template("report.mjml")
    values = _values(content, display) | {"cids": cids, "link": link, "colours": LIGHT}
    made = str(mjml2html(markup.render(values)))
    if not display.locale.is_right_to_left:
        return made
    # The markup's compiler knows no direction of the whole page.
    return made.replace("<html ", '<html dir="rtl" ', 1).replace("<body ", '<body dir="rtl" ', 1)


def text(content: ReportContent, *, link: str | None, display: Display) -> str:
    """The plain-text part, with the same numbers."""
    template = _templates(escaped=False).get_template("report.txt")
    written = template.render(_values(content, display) | {"link": link}) + "\n"
    if not display.locale.is_right_to_left:
        return written
    # A line of plain text takes its direction from its first letter, which may be of a Latin name.
    return re.sub(r"(?m)^(?=.)", "\N{RIGHT-TO-LEFT MARK}", written)


def pdf(content: ReportContent, *, display: Display) -> bytes:
    """The report on A4, charts as vectors, tagged with alternative texts."""
    data: dict[str, Any] = {
        "title": content.title,
        "company": content.company,
        "period": content.period,
        "headline": unbroken(content.headline),
        "language": display.locale.language,
        "direction": "rtl" if display.locale.is_right_to_left else "ltr",
        "fonts": list(paper.families(display.locale.language)),
        "footer": display.say(
            "As of {day} · amounts in {currency} · version {version}",
            day=display.day(content.as_of),
            currency=content.currency,
            version=content.version,
        ),
        "notes": list(content.notes),
        "colours": {"ink": LIGHT.ink, "muted": LIGHT.muted, "grid": LIGHT.grid, "accent": LIGHT.accent},
        "sections": [
            {
                "title": section.title,
                "sentence": unbroken(section.sentence),
                "starts_page": section.starts_page,
                "cards": [_card(card) for card in section.cards],
                "charts": [{"title": c.title, "alt": c.alt, "svg": paper.svg(c.spec)} for c in section.charts],
                "tables": [
                    {
                        "title": table.title,
                        "columns": [{"label": c.label, "right": c.unit is not None} for c in table.columns],
                        "rows": [list(row) for row in table.texts],
                        "totals": sorted(table.totals),
                    }
                    for table in section.tables
                ],
            }
            for section in content.sections
        ],
    }
    document: bytes = typst.compile(
        str(TEMPLATES / "report.typ"),
        font_paths=[str(paper.FONTS)],
        ignore_system_fonts=True,
        sys_inputs={"report": json.dumps(data, ensure_ascii=False)},
        pdf_standards=["a-2b"],
    )
    return document


def images(content: ReportContent) -> dict[str, bytes]:
    """The charts as PNG at twice the size, by chart key."""
    return {chart.key: paper.png(chart.spec) for section in content.sections for chart in section.charts}


def _card(card: Card) -> dict[str, str]:
    colour = LIGHT.muted if card.is_good is None else LIGHT.good if card.is_good else LIGHT.bad
    return {"label": card.label, "text": card.text, "change": card.change, "target": card.target, "colour": colour}


def _values(content: ReportContent, display: Display) -> dict[str, Any]:
    locale = display.locale
    return {
        "report": content,
        "as_of": display.day(content.as_of),
        "say": display.say,
        "language": locale.language,
        "start": "right" if locale.is_right_to_left else "left",
        "end": "left" if locale.is_right_to_left else "right",
        "direction": "rtl" if locale.is_right_to_left else "ltr",
        "fonts": ", ".join(f"'{name}'" for name in paper.families(locale.language)),
    }


@cache
def _templates(*, escaped: bool) -> jinja2.Environment:
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=escaped,  # noqa: S701  # off for plain text only, where there is no markup to escape
        undefined=jinja2.StrictUndefined,
    )
    found.filters["unbroken"] = _unbroken
    return found


def _unbroken(text: str) -> Markup:
    """A sentence in a mail, each sign on the line of its amount: older mail programs draw a word joiner as a box."""
    together = r'<span style="white-space:nowrap">\1\2</span>'
    return Markup(re.sub(r"(\S)\N{WORD JOINER}([^\s,;:)]*)", together, str(escape(unbroken(text)))))  # noqa: S704
