"""Who is signed in: sessions kept on the server, the signed cookie that names one, and the limit on guesses.

The cookie holds a random name and nothing else, signed with a key derived from `sign_in.secret` and this data folder's
own id. Ending the row ends the session at once, whoever holds the cookie. Passwords are in `accounts`.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from itsdangerous import BadSignature, Signer

from company.folders import DataFolder
from company.settings import SignIn
from dashboards.access.accounts import Accounts
from dashboards.access.app_database import instance_id, reading, transaction

COOKIE = "plumbline_session"
LONGEST_SESSION = timedelta(days=7)
WINDOW = timedelta(minutes=15)
MOST_PER_PAIR, MOST_PER_ACCOUNT, MOST_PER_ADDRESS = 5, 30, 30
"""Wrong guesses within the window: of one address at one account, at one account, of one address."""

SHORTEST_SECRET = 32
_SHIPPED = ("changeme", "change-me", "secret", "example", "plumbline", "password", "default", "00000000", "12345678")
_SEEN_EVERY = timedelta(minutes=1)

_SCHEMA = """
create table if not exists session (
    digest text primary key,
    email text not null,
    way text not null,
    created_at text not null,
    seen_at text not null,
    ended_at text
) strict;
create table if not exists sign_in_failure (at text not null, email text not null, address text not null) strict;
create index if not exists sign_in_failure_by_moment on sign_in_failure (at);
"""


class WeakSecretError(Exception):
    """`sign_in.secret` could be guessed. The server does not start."""


def check_secret(sign_in: SignIn) -> None:
    """Refuse an empty, short, shipped or repetitive secret. Raises WeakSecretError saying how to make a good one."""
    text = sign_in.secret.get_secret_value()
    reason = None
    if len(text) < SHORTEST_SECRET:
        reason = f"has {len(text)} characters; {SHORTEST_SECRET} are the least"
    elif any(word in text.casefold() for word in _SHIPPED):
        reason = "holds a word that every attacker tries"
    elif len(set(text)) < 12:
        reason = "repeats a few characters"
    if reason:
        raise WeakSecretError(
            f"plumbline.yaml: sign_in.secret: {reason}. Make one with"
            ' `python3 -c "import secrets; print(secrets.token_urlsafe(48))"`, keep it in the environment and write'
            " `secret: ${PLUMBLINE_SECRET}`"
        )


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in reader. `way`: password or oidc."""

    email: str
    way: str
    created_at: datetime
    seen_at: datetime


class Sessions:
    """The sessions of one data folder. Times are aware UTC."""

    def __init__(self, folders: DataFolder, sign_in: SignIn) -> None:
        self._folders, self._folder = folders, folders.app
        self._signer = Signer(signing_key(folders, sign_in), salt=COOKIE, digest_method=hashlib.sha256)
        self._idle = timedelta(hours=sign_in.idle_hours)

    def begin(self, email: str, way: str, *, now: datetime) -> str:
        """A new session under a new name: one that was planted before sign-in stays worthless. Gives the cookie."""
        name = secrets.token_urlsafe(32)
        with transaction(self._folder, _SCHEMA) as database:
            database.execute(
                "insert into session (digest, email, way, created_at, seen_at) values (?, ?, ?, ?, ?)",
                (_digest(name), email, way, now.isoformat(), now.isoformat()),
            )
            database.execute("delete from session where seen_at < ?", ((now - 2 * LONGEST_SESSION).isoformat(),))
        return self._signer.sign(name).decode()

    def find(self, cookie: str, *, now: datetime) -> Session | None:
        """The session that a cookie names; None where it was never made, has ended, was idle, or its owner is out."""
        digest = self._digest_of(cookie)
        if digest is None:
            return None
        with reading(self._folder, _SCHEMA) as database:
            row = database.execute(
                "select email, way, created_at, seen_at from session where digest = ? and ended_at is null", (digest,)
            ).fetchone()
        if row is None:
            return None
        session = Session(row[0], row[1], datetime.fromisoformat(row[2]), datetime.fromisoformat(row[3]))
        if now - session.seen_at > self._idle or now - session.created_at > LONGEST_SESSION:
            return None
        if Accounts(self._folders).is_disabled(session.email):
            return None
        if now - session.seen_at > _SEEN_EVERY:
            with transaction(self._folder, _SCHEMA) as database:
                database.execute("update session set seen_at = ? where digest = ?", (now.isoformat(), digest))
        return session

    def end(self, cookie: str, *, now: datetime) -> None:
        """Sign out. A cookie that names no session changes nothing."""
        digest = self._digest_of(cookie)
        if digest is not None:
            with transaction(self._folder, _SCHEMA) as database:
                database.execute("update session set ended_at = ? where digest = ?", (now.isoformat(), digest))

    def _digest_of(self, cookie: str) -> str | None:
        try:
            return _digest(self._signer.unsign(cookie).decode()) if len(cookie) < 500 else None
        except (BadSignature, UnicodeError):
            return None


def end_all(folders: DataFolder, email: str, *, now: datetime) -> int:
    """End every session of a person: after a new password, or when they are shut out. Gives how many ended."""
    with transaction(folders.app, _SCHEMA) as database:
        return database.execute(
            "update session set ended_at = ? where email = ? and ended_at is null", (now.isoformat(), email.casefold())
        ).rowcount


def erase(folders: DataFolder, email: str) -> int:
    """Remove a person's sessions and failures; gives how many rows went."""
    with transaction(folders.app, _SCHEMA) as database:
        gone = database.execute("delete from session where email = ?", (email.casefold(),)).rowcount
        return gone + database.execute("delete from sign_in_failure where email = ?", (email.casefold(),)).rowcount


def may_try(folders: DataFolder, *, email: str, address: str, now: datetime) -> bool:
    """Take one guess out of what is left; False where nothing is. The answer is the same for a stranger.

    Counted before the password is looked at, so that guesses sent at once do not all pass; `forgive` gives it back.
    """
    since = (now - WINDOW).isoformat()
    with transaction(folders.app, _SCHEMA) as database:
        database.execute("delete from sign_in_failure where at <= ?", (since,))
        pair, account, place = database.execute(
            "select count(*) filter (where email = :email and address = :address),"
            " count(*) filter (where email = :email), count(*) filter (where address = :address) from sign_in_failure",
            {"email": email, "address": address},
        ).fetchone()
        if pair >= MOST_PER_PAIR or account >= MOST_PER_ACCOUNT or place >= MOST_PER_ADDRESS:
            return False
        database.execute("insert into sign_in_failure values (?, ?, ?)", (now.isoformat(), email, address))
    return True


def forgive(folders: DataFolder, *, email: str, address: str) -> None:
    """The guess was right: what this address got wrong at this account no longer counts."""
    with transaction(folders.app, _SCHEMA) as database:
        database.execute("delete from sign_in_failure where email = ? and address = ?", (email, address))


def signing_key(folders: DataFolder, sign_in: SignIn) -> bytes:
    """What this data folder signs with: companies that share a secret still refuse each other's cookies and links."""
    return _key(folders, sign_in.secret.get_secret_value())


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


@lru_cache(maxsize=8)
def _key(folders: DataFolder, secret: str) -> bytes:
    return hashlib.sha256(f"{secret}\0{instance_id(folders.app)}".encode()).digest()
