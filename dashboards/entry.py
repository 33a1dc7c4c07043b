"""The script that runs for every reader and every click: pin a version, draw navigation and filters, run one page.

The filters are drawn here and not in the pages: bound to the URL in a page script they lose their values at the first
change of page after a deep link.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import streamlit as st

from company.errors import CompanyError
from company.settings import Settings, current_settings
from company.versions import latest_run
from dashboards import layout, looks, presence
from dashboards.access.viewer import own_access, reader_access
from dashboards.filters import last_ended_month
from dashboards.filters import members as filter_members
from dashboards.format import Display
from dashboards.metrics import UnavailableMetricError
from dashboards.published import PublishedError, current, open_cursor
from dashboards.reading import Reading
from dashboards.reports.page import page_pdf
from dashboards.views import (
    administration,
    budget,
    cash,
    close,
    customer,
    customers,
    data_trust,
    finance,
    margins,
    marketing,
    operations,
    overview,
    receivables,
    reports,
    sales,
    sql,
)

STATIC = Path(__file__).resolve().parent / "static"

PAGES = {
    "overview": (overview.page, "Overview", ":material/dashboard:"),
    "sales": (sales.page, "Sales", ":material/handshake:"),
    "marketing": (marketing.page, "Marketing and acquisition", ":material/campaign:"),
    "customers": (customers.page, "Customers", ":material/groups:"),
    "customer": (customer.page, "Customer 360", ":material/person_search:"),
    "margins": (margins.page, "Margins", ":material/waterfall_chart:"),
    "finance": (finance.page, "Finance", ":material/receipt_long:"),
    "receivables": (receivables.page, "Receivables and payables", ":material/schedule:"),
    "cash": (cash.page, "Cash", ":material/account_balance:"),
    "budget": (budget.page, "Budget", ":material/savings:"),
    "operations": (operations.page, "Operations", ":material/local_shipping:"),
    "close": (close.page, "Close", ":material/lock_clock:"),
    "data_trust": (data_trust.page, "Data trust", ":material/verified:"),
    "reports": (reports.page, "Reports", ":material/outgoing_mail:"),
    "sql": (sql.page, "SQL", ":material/terminal:"),
}
PAGES["administration"] = (
    partial(administration.page, pages=tuple(PAGES)),
    "Administration",
    ":material/admin_panel_settings:",
)


def main() -> None:
    """One run of the script."""
    st.set_page_config(page_title="Plumbline", page_icon=str(STATIC / "favicon.svg"), layout="wide")
    st.logo(str(STATIC / "logo.svg"), size="large")
    try:
        settings = current_settings()
        own, access = own_access(settings), reader_access(settings)
        published = current(settings.folders, access.profile_hash)
        last_run = latest_run(settings.folders)
    except (CompanyError, PublishedError) as error:
        st.error(layout.plain(str(error)), icon=":material/error:")
        presence.way_back()
        return
    if published is None:
        _nothing_yet(settings, last_run.message if last_run and last_run.status == "failed" else "")
        return
    open_pages = {name: parts for name, parts in PAGES.items() if access.may_open(name)}
    if not access.administer:
        open_pages.pop("administration", None)
    if not open_pages:
        st.info("Your roles open no page. An administrator writes `pages` into plumbline.yaml.")
        presence.way_back()
        return
    shown: list[Reading] = []
    pages = [
        st.Page(partial(_run, name, shown), title=title, icon=icon, url_path=name, default=place == 0)
        for place, (name, (_, title, icon)) in enumerate(open_pages.items())
    ]
    chosen = st.navigation(pages)
    presence.show(settings, own, access, page=chosen.url_path or next(iter(open_pages)), version=published.version)
    header = st.container()
    members = _members(published.path)
    filters = layout.filter_row(last_ended_month(published.cursor(), published.manifest.as_of), members)
    display = Display(settings.company.number_formats, published.manifest.reporting_currency)
    reading = Reading(settings, published, filters, display, last_run, reader=access.email, may_export=access.export)
    shown.append(reading)
    now = datetime.now(UTC)
    with header:
        layout.title_line(reading, chosen.title, now, pdf=partial(page_pdf, reading, chosen.title))
    news = st.container()
    chosen.run()
    with news:
        page = chosen.url_path or next(iter(open_pages))
        layout.what_changed(reading, reading.sheet.metrics, _look(reading, own.email, page, now))


def _look(reading: Reading, reader: str, page: str, now: datetime) -> looks.Look | None:
    """The look before this one, noted once a session, page and version: clicks are no looks."""
    place = f"look {page} {reading.manifest.version}"
    if place not in st.session_state:
        folder, version = reading.folder.app, reading.manifest.version
        st.session_state[place] = looks.note(folder, reader=reader, page=page, version=version, now=now)
    look: looks.Look | None = st.session_state[place]
    return look


def _run(name: str, shown: list[Reading]) -> None:
    try:
        PAGES[name][0](shown[0])
    except UnavailableMetricError as error:
        st.info(layout.plain(f"This page needs numbers that your access does not hold. {error}"))


def _nothing_yet(settings: Settings, failure: str) -> None:
    st.title("Nothing is published yet")
    if failure:
        st.error(layout.plain(f"The last run failed: {failure}"), icon=":material/error:")
    st.markdown(
        f"Run `plumbline run` for **{layout.plain(settings.company.name)}**, or `make demo` for the sample company."
        " This page shows the first version as soon as every check has passed."
    )


@st.cache_data(max_entries=8, show_spinner=False)
def _members(path: Path) -> Mapping[str, Mapping[str, str]]:
    return filter_members(open_cursor(path))


if __name__ == "__main__":
    main()
