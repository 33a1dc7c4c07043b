"""Administration: who may see what, who does look, what nobody opens, what was done, and how full the disk is.

Belongs here: the page for administrators. Does not: rights (plumbline.yaml), accounts and the audit log themselves.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import streamlit as st

from company.roles import Names, User
from company.settings import Settings
from dashboards import cards, layout, narrative, presence
from dashboards.access import audit
from dashboards.access.accounts import Accounts
from dashboards.access.viewer import own_access
from dashboards.format import Display
from dashboards.reading import Reading

DAYS = 30
_SHOWN = 200
_FOLDERS = ("landing", "history", "warehouse", "published", "app", "runs", "dagster", "outbox")


def page(reading: Reading, *, pages: Sequence[str]) -> None:
    """Draw the page. `pages`: the addresses of all pages that there are."""
    settings = reading.settings
    own = own_access(settings)
    if not own.administer:
        st.info("This page is for administrators: a role with `administer: true` in plumbline.yaml.")
        return
    uses = audit.usage(settings.folders, since=datetime.now(UTC) - timedelta(days=DAYS))
    unopened = never_opened(pages, uses)
    disk = _disk(str(settings.folders.root), datetime.now(UTC).strftime("%Y%m%d%H"))
    layout.answer(headline(settings, uses, unopened))
    with st.grid(4, min_column_width=180, gap="medium", key="administration_counts"):
        for label, value in (
            ("People", str(len(settings.users))),
            (f"Looked in the last {DAYS} days", str(len({use.actor for use in uses if use.action == "view"}))),
            ("Pages nobody opened", str(len(unopened))),
            ("Disk used", size(sum(disk.values()))),
        ):
            with st.container(border=True, height="stretch"):
                st.metric(label, value)
    as_of = f"The last {DAYS} days, UTC"
    people_tab, use_tab, log_tab, disk_tab = st.tabs(["People and roles", "Usage", "Audit log", "Disk"])
    with people_tab:
        _people(settings, as_of)
        _card("Roles", roles(settings), key="roles", as_of="As in plumbline.yaml", empty="No role is defined.")
    with use_tab:
        _usage(reading, uses, unopened, as_of)
    with log_tab:
        _log(settings)
    with disk_tab:
        table = pa.table({"folder": list(disk), "size": [size(count) for count in disk.values()]})
        _card("Disk", table, key="disk", as_of="Now", empty="Nothing is stored.")


def _card(title: str, table: pa.Table, *, key: str, as_of: str, empty: str) -> None:
    """A table whose columns are named in words already."""
    columns = {name: name[:1].upper() + name[1:] for name in table.column_names}
    cards.rows_card(title, table, key=key, as_of=as_of, empty=empty, columns=columns)


def headline(settings: Settings, uses: Sequence[audit.Use], unopened: Sequence[str]) -> str:
    """The page's question, who reads this, in one sentence."""
    readers = {use.actor for use in uses if use.action == "view"}
    views = sum(use.count for use in uses if use.action == "view")
    silent = [user for user in settings.users if user.email.casefold() not in {actor.casefold() for actor in readers}]
    display = Display(settings.company.number_formats, settings.company.reporting_currency)
    parts = [
        display.say_count(
            "In the last {days} days {count} page was opened, by {people}.",
            "In the last {days} days {count} pages were opened, by {people}.",
            views,
            days=display.plain(DAYS),
            people=display.say_count("{count} person", "{count} people", len(readers)),
        )
    ]
    if settings.users:
        parts.append(
            display.say_count(
                "Of {count} person in plumbline.yaml {silent} opened none.",
                "Of {count} people in plumbline.yaml {silent} opened none.",
                len(settings.users),
                silent=display.locale.number(len(silent)),
            )
        )
    if unopened:
        parts.append(display.say("Nobody opened {names}.", names=narrative.listed(unopened, display)))
    else:
        parts.append(display.say("Every page was opened."))
    return narrative.together(parts, display)


def never_opened(pages: Sequence[str], uses: Sequence[audit.Use]) -> tuple[str, ...]:
    """Pages that nobody opened in the time of `uses`."""
    opened = {use.subject for use in uses if use.action == "view"}
    return tuple(page for page in pages if page not in opened)


def roles(settings: Settings) -> pa.Table:
    """One row per role: what it opens and leaves out, and who holds it."""

    def names(value: Names) -> str:
        return value if isinstance(value, str) else ", ".join(value)

    held = {name: [user.name for user in settings.users if name in user.roles] for name in settings.roles}
    return pa.Table.from_pylist(
        [
            {
                "role": name,
                "pages": names(role.pages),
                "domains": names(role.domains),
                "rows": ", ".join(f"{rule.column} = {rule.equals}" for rule in role.rows),
                "hidden": ", ".join(role.hide),
                "masked": ", ".join(role.mask),
                "exports": "yes" if role.export else "no",
                "administers": "yes" if role.administer else "no",
                "held by": ", ".join(held[name]),
            }
            for name, role in settings.roles.items()
        ]
    )


def people(settings: Settings, *, now: datetime) -> pa.Table:
    """One row per person of plumbline.yaml: roles, how they sign in, whether they are shut out, good tokens."""
    accounts = Accounts(settings.folders)
    known = {account.email: account for account in accounts.all()}
    tokens = Counter(token.email for token in accounts.tokens() if token.is_good(now))
    rows = []
    for user in settings.users:
        account = known.get(user.email.casefold())
        last = audit.read(settings.folders, actor=user.email, action="sign_in", count=1)
        rows.append(
            {
                "name": user.name,
                "address": user.email,
                "roles": ", ".join(user.roles),
                "attributes": ", ".join(f"{k}: {_text(v)}" for k, v in user.attributes.items()),
                "password": "yes" if account is not None and account.has_password else "no",
                "state": "shut out" if account is not None and account.disabled_at is not None else "active",
                "tokens": tokens[user.email.casefold()],
                "last sign-in (UTC)": f"{last[0].at:%Y-%m-%d %H:%M}" if last else "never",
            }
        )
    return pa.Table.from_pylist(rows)


def usage_by_page(uses: Sequence[audit.Use], unopened: Sequence[str]) -> pa.Table:
    """One row per page: views, people, the last view; the ones nobody opened are rows of nought."""
    rows = []
    for subject in sorted({use.subject for use in uses if use.action == "view"}):
        of_page = [use for use in uses if use.action == "view" and use.subject == subject]
        rows.append(
            {
                "page": subject,
                "views": sum(use.count for use in of_page),
                "people": len({use.actor for use in of_page}),
                "last view (UTC)": f"{max(use.last_at for use in of_page):%Y-%m-%d %H:%M}",
            }
        )
    rows += [{"page": page, "views": 0, "people": 0, "last view (UTC)": "never"} for page in unopened]
    return pa.Table.from_pylist(sorted(rows, key=lambda row: (-int(str(row["views"])), str(row["page"]))))


def usage_by_role(settings: Settings, uses: Sequence[audit.Use]) -> pa.Table:
    """One row per role: the views of the people who hold it. Who holds two roles counts in both."""
    views = Counter[str]()
    for use in uses:
        if use.action == "view":
            views[use.actor.casefold()] += use.count

    def of(role: str) -> list[User]:
        return [user for user in settings.users if role in user.roles]

    return pa.Table.from_pylist(
        [
            {
                "role": role,
                "people": len(of(role)),
                "who looked": sum(1 for user in of(role) if views[user.email.casefold()]),
                "views": sum(views[user.email.casefold()] for user in of(role)),
            }
            for role in settings.roles
        ]
    )


def usage_by_report(settings: Settings, uses: Sequence[audit.Use]) -> pa.Table:
    """One row per report of plumbline.yaml: mails that went out."""
    mails = Counter[str]()
    for use in uses:
        if use.action == "mail":
            mails[use.subject.split("/")[0]] += use.count
    names = sorted(set(settings.reports) | set(mails))
    return pa.table({"report": pa.array(names, pa.string()), "mails": pa.array([mails[n] for n in names], pa.int64())})


def size(count: int) -> str:
    """Bytes for people."""
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def _people(settings: Settings, as_of: str) -> None:
    now = datetime.now(UTC)
    _card(
        "People",
        people(settings, now=now),
        key="people",
        as_of=as_of,
        empty="plumbline.yaml lists no user.",
    )
    emails = [user.email for user in settings.users]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox("Person", emails, index=None, placeholder="Find a person", key="administered_person")
        st.button(
            "See what they see",
            icon=":material/visibility:",
            key="look_as",
            disabled=chosen is None,
            on_click=_look_as,
            args=(settings, chosen),
        )
    st.caption("Passwords, tokens and shutting people out: the command plumbline users, on the server.")


def _look_as(settings: Settings, email: str | None) -> None:
    if email is not None:
        presence.look_as(settings, own_access(settings), email)


def _usage(reading: Reading, uses: Sequence[audit.Use], unopened: Sequence[str], as_of: str) -> None:
    settings = reading.settings
    tables = (
        ("Views per page", usage_by_page(uses, unopened), "usage_pages"),
        ("Views per role", usage_by_role(settings, uses), "usage_roles"),
        ("Mails per report", usage_by_report(settings, uses), "usage_reports"),
    )
    for title, table, key in tables:
        _card(title, table, key=key, as_of=as_of, empty="Nothing yet.")


def _log(settings: Settings) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        actor = st.text_input("Who", key="audit_actor", placeholder="Everybody").strip() or None
        action = st.selectbox("What", audit.ACTIONS, index=None, placeholder="Everything", key="audit_action")
        verify = st.button("Check the chain", icon=":material/verified_user:", key="audit_verify")
    if verify:
        checked = audit.verify(settings.folders)
        for fault in checked.faults:
            st.error(layout.plain(f"The log is not as it was written: {fault}"), icon=":material/gpp_bad:")
        if not checked.faults:
            display = Display(settings.company.number_formats, settings.company.reporting_currency)
            said = display.say_count("{count} row, not changed.", "{count} rows, none changed.", checked.rows)
            st.success(layout.plain(said), icon=":material/verified_user:")
    events = audit.read(settings.folders, actor=actor, action=action, count=_SHOWN)
    table = pa.Table.from_pylist(
        [
            {
                "row": event.number,
                "at (UTC)": f"{event.at:%Y-%m-%d %H:%M:%S}",
                "who": event.actor,
                "action": event.action,
                "subject": event.subject,
                "outcome": event.outcome,
                "rows": event.rows,
                "text": event.text,
            }
            for event in events
        ]
    )
    _card("What was done", table, key="audit_log", as_of=f"The newest {_SHOWN}", empty="Nothing was done yet.")


@st.cache_data(max_entries=4, show_spinner=False)
def _disk(root: str, _hour: str) -> Mapping[str, int]:
    # Looked at once an hour: landing may hold many thousand files.
    return {name: _bytes(Path(root) / name) for name in _FOLDERS if (Path(root) / name).is_dir()}


def _bytes(folder: Path) -> int:
    seen: set[tuple[int, int]] = set()
    total = 0
    for place, _, files in os.walk(folder):
        for name in files:
            stat = (Path(place) / name).lstat()
            if (stat.st_dev, stat.st_ino) not in seen:  # versions share files by hard links
                seen.add((stat.st_dev, stat.st_ino))
                total += stat.st_size
    return total


def _text(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else ", ".join(value)
