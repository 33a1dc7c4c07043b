"""Commands on people: users add, list, disable, enable, password, token, erase; and the audit log.

A person's rights are written in plumbline.yaml; here is only how they prove who they are. Passwords are asked for on
the terminal or read from standard input, never taken from the command line, where other users of the machine see them.
"""

from __future__ import annotations

import getpass
import json
import secrets
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from company.errors import SettingsError
from company.roles import find_user
from company.settings import Settings, load_settings
from pipelines.commands import terminal
from pipelines.commands.arguments import AsJson, day

if TYPE_CHECKING:
    from pipelines.landing.erasure import Found

Email = Annotated[str, typer.Argument(metavar="ADDRESS", help="As in plumbline.yaml: users.")]
OPERATOR = "operator"
"""Who acts in the audit log when a command was given on the machine itself."""


def users_add(
    email: Email,
    generate: Annotated[bool, typer.Option(help="Make a password and show it once.")] = False,
    without_password: Annotated[bool, typer.Option(help="For people of the identity provider.")] = False,
) -> None:
    """Let a person of plumbline.yaml sign in, with a password of their own."""
    from dashboards.access.accounts import Accounts

    settings, known = _known(email)
    password = None if without_password else _password(known, generate=generate)
    Accounts(settings.folders).add(known, password, now=terminal.now())
    _note(settings, "account", known, "added")
    terminal.say(f"{known} may sign in")
    _show(password if generate else None)


def users_password(
    email: Email, generate: Annotated[bool, typer.Option(help="Make a password and show it once.")] = False
) -> None:
    """Give a person another password; every session of theirs ends."""
    from dashboards.access import sessions
    from dashboards.access.accounts import Accounts

    settings, known = _known(email)
    password = _password(known, generate=generate)
    Accounts(settings.folders).set_password(known, password, now=terminal.now())
    ended = sessions.end_all(settings.folders, known, now=terminal.now())
    _note(settings, "account", known, "password changed")
    terminal.say(f"{known} has another password; {ended} sessions ended")
    _show(password if generate else None)


def users_disable(email: Email) -> None:
    """Shut a person out at once: sessions and tokens end. Works for people who left plumbline.yaml too."""
    from dashboards.access import sessions
    from dashboards.access.accounts import Accounts

    settings = load_settings()
    Accounts(settings.folders).disable(email, now=terminal.now())
    ended = sessions.end_all(settings.folders, email, now=terminal.now())
    _note(settings, "account", email.casefold(), "disabled")
    terminal.say(f"{email} is shut out; {ended} sessions ended")


def users_enable(email: Email) -> None:
    """Let a person in again."""
    from dashboards.access.accounts import Accounts

    settings, known = _known(email)
    Accounts(settings.folders).enable(known)
    _note(settings, "account", known, "enabled")
    terminal.say(f"{known} may sign in again")


def users_token(
    email: Email,
    name: Annotated[str, typer.Option(help="What the token is for, such as excel.")] = "export",
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long it is good.")] = 365,
    revoke: Annotated[bool, typer.Option("--revoke", help="End the token of this name instead.")] = False,
) -> None:
    """Make a token for the HTTP export, shown once; or end one."""
    from dashboards.access.accounts import Accounts

    settings, known = _known(email) if not revoke else (load_settings(), email)
    accounts = Accounts(settings.folders)
    if revoke:
        accounts.revoke_token(known, name, now=terminal.now())
        _note(settings, "token", known, "revoked", name=name)
        terminal.say(f"the token {name!r} of {known} opens nothing any more")
        return
    token = accounts.make_token(known, name, now=terminal.now(), days=days)
    _note(settings, "token", known, "made", name=name)
    terminal.errors.print(f"token {name!r} of {known}, good for {days} days, shown this once:", markup=False)
    terminal.say(token)


def users_list(as_json: AsJson = False) -> None:
    """People of plumbline.yaml with their roles, how they sign in, and their tokens."""
    from dashboards.access.accounts import Accounts

    settings = load_settings()
    accounts = Accounts(settings.folders)
    known, now = {account.email: account for account in accounts.all()}, terminal.now()
    people = {user.email.casefold(): user for user in settings.users}
    rows = []
    for email in sorted(known.keys() | people.keys()):
        account, user = known.get(email), people.get(email)
        state = "not in plumbline.yaml" if user is None else "active"
        if account is not None and account.disabled_at is not None:
            state = "disabled"
        tokens = [token.name for token in accounts.tokens() if token.email == email and token.is_good(now)]
        has_password = "yes" if account is not None and account.has_password else "no"
        rows.append([email, ", ".join(user.roles) if user else "", has_password, state, ", ".join(tokens)])
    columns = ["user", "roles", "password", "state", "tokens"]
    if as_json:
        typer.echo(json.dumps([dict(zip(columns, row, strict=True)) for row in rows], indent=2))
        return
    terminal.show_table("", columns, rows)


def audit(  # noqa: PLR0917  # Typer reads options from parameters
    actor: Annotated[str | None, typer.Option("--user", help="Of this person only.")] = None,
    action: Annotated[str | None, typer.Option(help="sign_in, view, query, export, mail, ...")] = None,
    since: Annotated[str | None, typer.Option(metavar="DATE")] = None,
    count: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 50,
    verify: Annotated[bool, typer.Option("--verify", help="Walk the chain and say whether a row was changed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Who did what: views, queries, exports, mails, sign-ins. `--verify` exits 1 where the log is not as written."""
    from dashboards.access import audit as log

    settings = load_settings()
    if verify:
        checked = log.verify(settings.folders)
        for fault in checked.faults:
            terminal.complain(fault)
        terminal.say(f"{checked.rows:,} rows, head {checked.head or 'none'}")
        if checked.faults:
            raise typer.Exit(terminal.EXIT_NOTHING_PUBLISHED)
        return
    if action is not None and action not in log.ACTIONS:
        raise SettingsError(f"--action: found {action!r}; allowed: {', '.join(log.ACTIONS)}")
    first = day(since, "--since")
    found = log.read(
        settings.folders,
        actor=actor,
        action=action,
        since=None if first is None else datetime(first.year, first.month, first.day, tzinfo=UTC),
        count=count,
    )
    if as_json:
        typer.echo(json.dumps([log.as_row(event) for event in found], indent=2))
        return
    rows = [
        [e.number, f"{e.at:%Y-%m-%d %H:%M:%S}", e.actor, e.action, e.subject, e.outcome, e.rows, e.text] for e in found
    ]
    columns = ["row", "at (UTC)", "who", "action", "subject", "outcome", "rows", "text"]
    terminal.show_table("", columns, [[_one_line(cell) for cell in row] for row in rows], right=["row", "rows"])


def erase(
    words: Annotated[
        list[str], typer.Argument(metavar="WORD", help="Name, e-mail address, id: as they stand in the data.")
    ],
    confirm: Annotated[bool, typer.Option("--confirm", help="Do it; without, only say where the words stand.")] = False,
) -> None:
    """Erase a person: their words in landed data, the original files of those batches, their account and queries."""
    from dashboards.access import sessions
    from dashboards.access.accounts import Accounts
    from dashboards.reports import subscriptions
    from dashboards.workbench import saved
    from pipelines.landing import erasure
    from pipelines.publish.lock import writing

    settings = load_settings()
    folders = settings.folders
    if not confirm:
        found = erasure.find(folders.landing, words)
        _show_found(found, "holds")
        terminal.say("nothing was changed; --confirm erases")
        return
    with writing(folders, "plumbline erase"):
        found = erasure.erase(folders.landing, words, at=terminal.now())
    own = 0
    for address in (word for word in words if "@" in word):
        own += Accounts(folders).erase(address) + sessions.erase(folders, address) + saved.erase(folders, address)
        own += subscriptions.erase(folders, address)
    # Which words is not noted: the log of an erasure must not keep what was erased.
    _note(settings, "erasure", f"{len(words)} words", f"{sum(f.cells for f in found)} cells in {len(found)} batches")
    _show_found(found, "held")
    terminal.say(f"{own} rows of accounts, sessions, saved queries and subscriptions erased")
    terminal.say("next: `plumbline run --full-refresh`, then `plumbline prune --keep 1`")


def _show_found(found: Sequence[Found], verb: str) -> None:
    for batch in found:
        original = ", original file" if batch.has_original else ""
        terminal.say(f"{batch.batch} {verb} them in {batch.cells:,} cells{original}")
    terminal.say(f"{len(found)} batches, {sum(batch.cells for batch in found):,} cells")


def _known(email: str) -> tuple[Settings, str]:
    settings = load_settings()
    return settings, find_user(settings, email).email.casefold()


def _password(email: str, *, generate: bool) -> str:
    if generate:
        return secrets.token_urlsafe(16)
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass(f"password of {email}: ")
    if first != getpass.getpass("again: "):
        raise SettingsError("the two passwords differ; nothing was changed")
    return first


def _show(password: str | None) -> None:
    if password is not None:
        terminal.errors.print("password, shown this once:", markup=False)
        terminal.say(password)


def _note(settings: Settings, action: str, subject: str, outcome: str, **detail: str) -> None:
    from dashboards.access import audit as log

    event = log.Event(terminal.now(), OPERATOR, action, subject, outcome, detail=detail)  # type: ignore[arg-type]
    log.record(settings.folders, event)


def _one_line(cell: object) -> object:
    # A name with a line break must not look like a second row.
    if not isinstance(cell, str):
        return cell
    text = " ".join(cell.split())
    shown = "".join(character if character.isprintable() else "�" for character in text)
    return shown if len(shown) <= 200 else shown[:199] + "…"
