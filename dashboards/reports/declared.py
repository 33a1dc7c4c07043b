"""The reports of a company: those of plumbline.yaml, over those that ship. Nothing is composed here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML

from company.mailing import Report
from company.settings import Settings
from dashboards.reports.errors import ReportError
from dashboards.reports.sections import KINDS

SHIPPED = Path(__file__).with_name("shipped.yaml")


def declared(settings: Settings, name: str) -> Report:
    """A report with everything said: what plumbline.yaml leaves out comes from the shipped report of its name.

    Raises ReportError for a name that neither knows, a report without sections, or a kind of section that is not there.
    """
    own, shipped = settings.reports.get(name), _shipped().get(name)
    if own is None and shipped is None:
        known = ", ".join(dict.fromkeys([*settings.reports, *_shipped()]))
        raise ReportError(f"no report is called {name!r}; known: {known}")
    written = {} if own is None else own.model_dump(include=own.model_fields_set)
    try:
        report = Report.model_validate((shipped or {}) | written)
    except ValidationError as error:
        raise ReportError(f"reports.{name}: {error.errors()[0]['msg']}") from error
    if not report.sections:
        raise ReportError(f"plumbline.yaml: reports.{name}.sections: missing; allowed: a list of {{kind, title, ...}}")
    for place, section in enumerate(report.sections):
        if section.kind not in KINDS:
            raise ReportError(
                f"plumbline.yaml: reports.{name}.sections.{place}.kind: found {section.kind!r};"
                f" allowed: {', '.join(sorted(KINDS))}"
            )
    return report if report.title else report.model_copy(update={"title": name.replace("_", " ").capitalize()})


def known_reports(settings: Settings) -> tuple[str, ...]:
    """The reports of plumbline.yaml, then the shipped ones that it does not switch on."""
    return tuple(dict.fromkeys([*settings.reports, *_shipped()]))


@cache
def _shipped() -> Mapping[str, dict[str, Any]]:
    content: Mapping[str, dict[str, Any]] = YAML(typ="safe", pure=True).load(SHIPPED.read_text(encoding="utf-8"))
    return content
