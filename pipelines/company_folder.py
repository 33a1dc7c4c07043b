"""Starts the folder of a new company: a commented plumbline.yaml, a mapping per source, the folders they name.

What a setting means is in `company.settings`; how a mapping is drafted, in `pipelines.sources.drafting`.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from company.errors import SettingsError
from company.settings import load_settings
from pipelines.sources.drafting import draft_mapping

_TEMPLATE = """\
# One company. A wrong setting is told by its path, what was found and what is allowed.
# Secrets are environment variables: write "${{NAME}}" in quotes where one belongs.
company:
  name: {name}
  reporting_currency: {currency} # the one currency of all group numbers
  time_zone: {time_zone}
  locale: en_GB # how numbers and dates are written
  # as_of: 2026-06-30                          # left out: every run speaks for today
  calendar: {{kind: months, first_month: 1}} # months, 4-4-5 or jalali; the month the fiscal year starts in
  # Legal entities. Left out: one entity named main, in the reporting currency.
  # entities:
  #   - {{id: FI01, name: Example Oy, currency: EUR, country: FI}}
  #   - {{id: SE01, name: Example AB, currency: SEK, country: SE}}

data: ./data # landing, warehouse and published versions; PLUMBLINE_DATA wins

# Where exports are dropped, and the file that says which of their columns mean what.
{sources}
# Who may see what. Without users, whoever may read the data folder sees everything.
# roles:
#   executive: {{pages: all, domains: all, export: true}}
#   sales_lead:
#     pages: [overview, sales]
#     domains: [common, sales, customers]        # common, sales, finance, customers, operations
#     rows: [{{column: region, equals: user.region}}]
#     hide: ["*.cost_rpt", "*.margin_rpt"]       # table.column, quoted
# users:
#   - {{email: ceo@example.com, name: Chris, roles: [executive]}}
#   - {{email: north@example.com, roles: [sales_lead], attributes: {{region: North}}}}

# reports:
#   weekly_executive: {{schedule: "0 7 * * 1", recipients: [role:executive]}} # more: `plumbline report list`
# alerts:
#   cash_runs_low: {{kind: forecast, below: 250000, weeks: 13, recipients: [role:executive]}}
# Without a mail server, mails are written to data/outbox.
# mail:
#   host: "${{SMTP_HOST}}"
#   port: 587
#   security: starttls # starttls, tls or none
#   username: "${{SMTP_USER}}"
#   password: "${{SMTP_PASSWORD}}"
#   sender: "Plumbline <reports@example.com>"
# operator: ops@example.com # told when a run fails

# checks: {{receivables_tie_to_ledger: warn}} # a check blocks publishing unless it is set to warn
run: {{schedule: "0 5 * * *"}} # when `plumbline serve` runs the pipeline
publish: {{keep: 5}} # versions that stay on disk
# cash: {{minimum_balance: {{main: 100000}}}} # what should be in the banks at least, in the reporting currency
promise: {{max_age_hours: 36}} # older numbers are marked on every page
"""

_SOURCE = "  {name}: {{kind: files, folder: {folder}, mapping: mappings/{name}.yaml, fresh_within_hours: 36}}\n"


def make_company_folder(
    folder: Path, exports: Sequence[Path], *, name: str, currency: str, time_zone: str
) -> tuple[Path, ...]:
    """Write the files of a new company and give their paths. `exports`: files or folders to draft mappings from.

    Files of one folder are one source, named after it. Raises SettingsError, with nothing written, where the folder has
    a company already, an export does not exist, or an argument is not what the setting allows.
    """
    settings = folder / "plumbline.yaml"
    if settings.exists():
        raise SettingsError(f"{settings} exists; choose another folder, or edit it")
    sources = _sources(exports)
    text = _TEMPLATE.format(
        name=_quoted(name), currency=currency, time_zone=time_zone, sources=_sources_text(folder, sources)
    )
    _refuse_wrong_settings(text)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for source, files in sources.items():
        mapping = folder / "mappings" / f"{source}.yaml"
        mapping.parent.mkdir(exist_ok=True)
        mapping.write_text(draft_mapping(files, currency=currency), encoding="utf-8")
        written.append(mapping)
    settings.write_text(text, encoding="utf-8")
    return (settings, *written)


def _refuse_wrong_settings(text: str) -> None:
    with tempfile.TemporaryDirectory() as trial:
        file = Path(trial) / "plumbline.yaml"
        file.write_text(text, encoding="utf-8")
        load_settings(file, {})


def _sources(exports: Sequence[Path]) -> dict[str, list[Path]]:
    sources: dict[str, list[Path]] = {}
    for path in exports:
        if not path.exists():
            raise SettingsError(f"{path}: no such file or folder")
        files = [path] if path.is_file() else sorted(p for p in path.iterdir() if p.is_file() and p.name[0] != ".")
        home = (path.parent if path.is_file() else path).resolve()
        sources.setdefault(_source_name(home.name), []).extend(files)
    return sources


def _source_name(text: str) -> str:
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return name if re.match(r"[a-z]", name) else f"source_{name}".rstrip("_")


def _sources_text(folder: Path, sources: Mapping[str, Sequence[Path]]) -> str:
    if not sources:
        example = _SOURCE.format(name="erp", folder="./drop/erp")
        return f"sources: {{}}\n# sources:\n# {example}"
    lines = [
        _SOURCE.format(name=name, folder=_quoted(_relative(files[0].resolve().parent, folder.resolve())))
        for name, files in sources.items()
    ]
    return "sources:\n" + "".join(lines)


def _relative(path: Path, start: Path) -> str:
    # Beside each other in one place they can be moved together; anywhere else only the whole path is safe.
    inside = path.is_relative_to(start) or path.is_relative_to(start.parent)
    return Path(os.path.relpath(path, start)).as_posix() if inside else path.as_posix()


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
