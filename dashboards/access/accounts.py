"""Local accounts and tokens in app.sqlite: password hashes, who is shut out, what opens the HTTP export.

A person's rights are plumbline.yaml's and are not here. Passwords are kept as argon2id hashes and tokens as SHA-256 of
32 random bytes: neither can be read back. Sessions and the limit on guesses are in `sessions`.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from company.folders import DataFolder
from dashboards.access.app_database import reading, transaction

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1024
TOKEN_PREFIX = "plumbline_"  # noqa: S105 - marks a token in a leak scan; opens nothing
TOKEN_DAYS = 365
_SEEN_EVERY = timedelta(minutes=1)

_SCHEMA = """
create table if not exists account (
    email text primary key,
    password_hash text,
    created_at text not null,
    changed_at text not null,
    disabled_at text
) strict;
create table if not exists token (
    digest text primary key,
    email text not null,
    name text not null,
    created_at text not null,
    expires_at text not null,
    used_at text,
    revoked_at text,
    unique (email, name)
) strict;
"""

_HASHER = PasswordHasher()
_STRANGER = _HASHER.hash(secrets.token_hex(16))
_AT_ONCE = threading.BoundedSemaphore(2)
"""A hash takes 64 MB on purpose; a crowd of guessers must not take the machine's memory with it."""


class AccountError(Exception):
    """An account or token cannot be made or changed as asked. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Account:
    """A person's local state. No `password` means that they sign in with the identity provider, or not yet."""

    email: str
    has_password: bool
    created_at: datetime
    changed_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Token:
    """A token's name and fate; the token itself is shown once, when it is made."""

    email: str
    name: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None

    def is_good(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at


def named(email: str) -> str:
    """An address as accounts are kept under it. Raises AccountError for letters that only look like others."""
    text = email.strip()
    if not text.isascii() or not text.isprintable():
        raise AccountError(f"{email!r}: an address for sign-in is written in ASCII letters")
    return text.casefold()


class Accounts:
    """The accounts of one data folder. Times are aware UTC; every change is one transaction."""

    def __init__(self, folders: DataFolder) -> None:
        self._folder = folders.app

    def add(self, email: str, password: str | None, *, now: datetime) -> None:
        """Make an account, with a password or for the identity provider alone. Raises AccountError."""
        name, hashed = named(email), _hashed(password) if password is not None else None
        with transaction(self._folder, _SCHEMA) as database:
            made = database.execute(
                "insert into account (email, password_hash, created_at, changed_at) values (?, ?, ?, ?)"
                " on conflict do nothing",
                (name, hashed, now.isoformat(), now.isoformat()),
            ).rowcount
        if not made:
            raise AccountError(f"{name} has an account; `plumbline users password {name}` changes its password")

    def set_password(self, email: str, password: str, *, now: datetime) -> None:
        """Give another password. Raises AccountError where there is no account."""
        self._change(email, "password_hash = ?, changed_at = ?", (_hashed(password), now.isoformat()))

    def disable(self, email: str, *, now: datetime) -> None:
        """Shut a person out: no sign-in, no session, no token, from this moment."""
        self._change(email, "disabled_at = ?", (now.isoformat(),), make_at=now)

    def enable(self, email: str) -> None:
        """Let a person in again. Raises AccountError where there is no account."""
        self._change(email, "disabled_at = ?", (None,))

    def all(self) -> tuple[Account, ...]:
        """Every account by address."""
        with reading(self._folder, _SCHEMA) as database:
            rows = database.execute(
                "select email, password_hash is not null, created_at, changed_at, disabled_at"
                " from account order by email"
            ).fetchall()
        return tuple(Account(row[0], bool(row[1]), *map(_moment, row[2:])) for row in rows)  # type: ignore[arg-type]

    def is_disabled(self, email: str) -> bool:
        with reading(self._folder, _SCHEMA) as database:
            row = database.execute("select disabled_at from account where email = ?", (email.casefold(),)).fetchone()
        return row is not None and row[0] is not None

    def check_password(self, email: str, password: str) -> bool:
        """Whether this is the person's password. A stranger costs as much time as a wrong password."""
        with reading(self._folder, _SCHEMA) as database:
            row = database.execute(
                "select password_hash from account where email = ? and disabled_at is null", (email.casefold(),)
            ).fetchone()
        hashed = row[0] if row is not None and row[0] is not None else None
        try:
            with _AT_ONCE:
                _HASHER.verify(hashed or _STRANGER, password[:LONGEST_PASSWORD])
        except VerificationError:
            return False
        return hashed is not None

    def make_token(self, email: str, name: str, *, now: datetime, days: int = TOKEN_DAYS) -> str:
        """A new token, shown this once. A name that is in use is replaced only when it no longer opens anything."""
        token = TOKEN_PREFIX + secrets.token_urlsafe(32)
        with transaction(self._folder, _SCHEMA) as database:
            database.execute(
                "delete from token where email = ? and name = ? and (revoked_at is not null or expires_at <= ?)",
                (named(email), name, now.isoformat()),
            )
            made = database.execute(
                "insert into token (digest, email, name, created_at, expires_at) values (?, ?, ?, ?, ?)"
                " on conflict do nothing",
                (_digest(token), named(email), name, now.isoformat(), (now + timedelta(days=days)).isoformat()),
            ).rowcount
        if not made:
            raise AccountError(f"{email} has a token named {name!r}; revoke it first, or choose another name")
        return token

    def revoke_token(self, email: str, name: str, *, now: datetime) -> None:
        """End a token. Raises AccountError where no such token is good."""
        with transaction(self._folder, _SCHEMA) as database:
            ended = database.execute(
                "update token set revoked_at = ? where email = ? and name = ? and revoked_at is null",
                (now.isoformat(), named(email), name),
            ).rowcount
        if not ended:
            raise AccountError(f"{email} has no token named {name!r}")

    def tokens(self) -> tuple[Token, ...]:
        """Every token by address and name."""
        with reading(self._folder, _SCHEMA) as database:
            rows = database.execute(
                "select email, name, created_at, expires_at, used_at, revoked_at from token order by email, name"
            ).fetchall()
        return tuple(Token(row[0], row[1], *map(_moment, row[2:])) for row in rows)  # type: ignore[arg-type]

    def email_of_token(self, token: str, *, now: datetime) -> str | None:
        """Whose token this is; None for one that was never made, has expired, was revoked, or whose owner is out."""
        if not token.startswith(TOKEN_PREFIX) or len(token) > 200:
            return None
        with reading(self._folder, _SCHEMA) as database:
            row = database.execute(
                "select email, expires_at, used_at from token where digest = ? and revoked_at is null",
                (_digest(token),),
            ).fetchone()
        if row is None or datetime.fromisoformat(row[1]) <= now or self.is_disabled(row[0]):
            return None
        if row[2] is None or now - datetime.fromisoformat(row[2]) > _SEEN_EVERY:
            with transaction(self._folder, _SCHEMA) as database:
                database.execute("update token set used_at = ? where digest = ?", (now.isoformat(), _digest(token)))
        return str(row[0])

    def erase(self, email: str) -> int:
        """Remove a person's account and tokens; gives how many rows went."""
        with transaction(self._folder, _SCHEMA) as database:
            gone = database.execute("delete from account where email = ?", (email.casefold(),)).rowcount
            return gone + database.execute("delete from token where email = ?", (email.casefold(),)).rowcount

    def _change(
        self, email: str, change: str, values: tuple[str | None, ...], *, make_at: datetime | None = None
    ) -> None:
        name = named(email)
        with transaction(self._folder, _SCHEMA) as database:
            if make_at is not None:  # a person of the identity provider has no row until somebody shuts them out
                database.execute(
                    "insert into account (email, created_at, changed_at) values (?, ?, ?) on conflict do nothing",
                    (name, make_at.isoformat(), make_at.isoformat()),
                )
            changed = database.execute(f"update account set {change} where email = ?", (*values, name)).rowcount
        if not changed:
            raise AccountError(f"{name} has no account; `plumbline users add {name}` makes one")


def _hashed(password: str) -> str:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise AccountError(
            f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters; this has {len(password)}"
        )
    if len(set(password)) < 5:
        raise AccountError("this password repeats a few characters; take a longer sentence")
    return _HASHER.hash(password)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
