"""Saved queries: one folder per query under app/queries, one file of SQL per version, its first line a JSON comment.

A file can be read, compared and copied without this program. A private query is its owner's alone; a shared one is read
by every analyst, each of whom runs it on their own file. Only its owner saves a new version.
Belongs here: files and who may touch them. Does not: running (`query`).
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from company.folders import DataFolder
from company.versions import write_bytes
from dashboards.workbench.errors import QueryError
from dashboards.workbench.statement import LONGEST_TEXT

ParameterType = Literal["text", "number", "date", "truth"]
LONGEST_TITLE = 120
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")


class SavedQueryError(QueryError):
    """A saved query is not there, not yours, or its file cannot be read. The others are not touched by it."""


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Parameter(_Value):
    """A bound value of a saved query: `$name`, its type, and the text that stands in it at first."""

    name: str = Field(pattern=r"^[a-z_][a-z0-9_]*$", max_length=60)
    type: ParameterType = "text"
    value: str = Field(default="", max_length=2000)


class _Head(_Value):
    title: str = Field(min_length=1, max_length=LONGEST_TITLE)
    owner: str
    shared: bool = False
    saved_at: datetime
    parameters: tuple[Parameter, ...] = ()
    deleted: bool = False


class SavedQuery(_Value):
    """One version of a saved query. `id` names the query for good, `number` counts its versions from 1."""

    id: str
    number: int
    title: str
    owner: str
    shared: bool
    saved_at: datetime
    parameters: tuple[Parameter, ...]
    text: str


def save(
    folders: DataFolder,
    *,
    title: str,
    text: str,
    owner: str,
    at: datetime,
    shared: bool = False,
    parameters: tuple[Parameter, ...] = (),
    query_id: str | None = None,
) -> SavedQuery:
    """Save a new query, or a new version of one's own. Raises SavedQueryError; nothing is written then."""
    if query_id is not None:
        _own(folders, query_id, owner)
    title = " ".join("".join(c if c.isprintable() else " " for c in title).split())
    if len(text) > LONGEST_TEXT:
        raise SavedQueryError(f"The query has {len(text):,} characters; {LONGEST_TEXT:,} is the most.")
    try:
        head = _Head(title=title[:LONGEST_TITLE], owner=owner, shared=shared, saved_at=at, parameters=parameters)
    except ValidationError:
        raise SavedQueryError("Give the query a name of 1 to 120 characters.") from None
    name = query_id or f"{_slug(title)}-{secrets.token_hex(3)}"
    number = _write(folders, name, head, text)
    return _saved(name, number, head, text)


def load(folders: DataFolder, query_id: str, reader: str, number: int | None = None) -> SavedQuery:
    """The newest or the named version. Raises SavedQueryError; a private one of another person is as one not there."""
    versions = _numbers(folders, query_id)
    if not versions:
        raise SavedQueryError(f"There is no saved query {query_id!r}.")
    newest, text = _read(folders, query_id, versions[-1])
    if newest.deleted or not (newest.shared or newest.owner == reader):
        raise SavedQueryError(f"There is no saved query {query_id!r}.")
    if number is None or number == versions[-1]:
        return _saved(query_id, versions[-1], newest, text)
    if number not in versions:
        raise SavedQueryError(f"The query {newest.title!r} has no version {number}.")
    head, text = _read(folders, query_id, number)
    if not (head.shared or head.owner == reader):
        raise SavedQueryError(f"The query {newest.title!r} has no version {number}.")
    return _saved(query_id, number, head, text)


def versions(folders: DataFolder, query_id: str, reader: str) -> tuple[SavedQuery, ...]:
    """Every version that this reader may see, newest first."""
    load(folders, query_id, reader)
    found = ((*_read(folders, query_id, number), number) for number in reversed(_numbers(folders, query_id)))
    return tuple(_saved(query_id, n, head, text) for head, text, n in found if head.shared or head.owner == reader)


def visible(folders: DataFolder, reader: str) -> tuple[tuple[SavedQuery, ...], tuple[str, ...]]:
    """One's own and shared queries by title, and for each file that cannot be read what is wrong with it."""
    good, broken = [], []
    for query_id in _ids(folders):
        try:
            newest, text = _read(folders, query_id, _numbers(folders, query_id)[-1])
        except SavedQueryError as error:
            broken.append(str(error))
            continue
        if not newest.deleted and (newest.shared or newest.owner == reader):
            good.append(_saved(query_id, _numbers(folders, query_id)[-1], newest, text))
    return tuple(sorted(good, key=lambda query: (query.title.casefold(), query.id))), tuple(broken)


def delete(folders: DataFolder, query_id: str, owner: str, *, at: datetime) -> None:
    """Take one's own query off every list. Its versions stay as files."""
    head, text = _own(folders, query_id, owner)
    _write(folders, query_id, head.model_copy(update={"deleted": True, "saved_at": at}), text)


def erase(folders: DataFolder, owner: str) -> int:
    """Remove every query of a person, all versions; gives how many queries went."""
    gone = 0
    for query_id in list(_ids(folders)):
        try:
            head, _ = _read(folders, query_id, _numbers(folders, query_id)[-1])
        except SavedQueryError:
            continue
        if head.owner == owner:
            for path in _folder(folders, query_id).iterdir():
                path.unlink()
            _folder(folders, query_id).rmdir()
            gone += 1
    return gone


def _own(folders: DataFolder, query_id: str, owner: str) -> tuple[_Head, str]:
    numbers = _numbers(folders, query_id)
    head, text = _read(folders, query_id, numbers[-1]) if numbers else (None, "")
    if head is None or head.deleted or (head.owner != owner and not head.shared):
        raise SavedQueryError(f"There is no saved query {query_id!r}.")
    if head.owner != owner:
        raise SavedQueryError(f"{head.title!r} belongs to {head.owner}; save it under a name of your own.")
    return head, text


def _folder(folders: DataFolder, query_id: str) -> Path:
    if not _ID.fullmatch(query_id):
        raise SavedQueryError(f"{query_id!r} names no saved query.")
    return folders.app / "queries" / query_id


def _ids(folders: DataFolder) -> Iterator[str]:
    root = folders.app / "queries"
    if root.is_dir():
        for path in sorted(root.iterdir()):
            if path.is_dir() and _ID.fullmatch(path.name) and _numbers(folders, path.name):
                yield path.name


def _numbers(folders: DataFolder, query_id: str) -> list[int]:
    return sorted(int(p.stem) for p in _folder(folders, query_id).glob("*.sql") if p.stem.isdigit())


def _read(folders: DataFolder, query_id: str, number: int) -> tuple[_Head, str]:
    path = _folder(folders, query_id) / f"{number:04}.sql"
    where = f"app/queries/{query_id}/{path.name}"
    try:
        first, _, text = path.read_text(encoding="utf-8").partition("\n")
        head = _Head.model_validate_json(first.removeprefix("-- "))
    except (OSError, UnicodeDecodeError) as error:
        raise SavedQueryError(f"{where}: cannot be read: {type(error).__name__}") from None
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(map(str, fault["loc"])) or "first line"
        raise SavedQueryError(f"{where}: {place}: {fault['msg']}") from None
    return head, text


def _write(folders: DataFolder, query_id: str, head: _Head, text: str) -> int:
    folder = _folder(folders, query_id)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    number = (_numbers(folders, query_id) or [0])[-1] + 1
    content = f"-- {head.model_dump_json()}\n{text}".encode("utf-8", "replace")
    partial = folder / f".{number}.{os.getpid()}.{secrets.token_hex(4)}"
    write_bytes(partial, content)
    try:
        os.link(partial, folder / f"{number:04}.sql")
    except FileExistsError:
        raise SavedQueryError("Somebody saved a version in the same moment. Look at it, then save again.") from None
    finally:
        partial.unlink()
    return number


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-")[:50].strip("-") or "query"


def _saved(query_id: str, number: int, head: _Head, text: str) -> SavedQuery:
    return SavedQuery(id=query_id, number=number, text=text, **head.model_dump(exclude={"deleted"}))
