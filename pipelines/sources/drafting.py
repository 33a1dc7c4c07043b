"""A first mapping file, drafted from the headers of files that a company already has.

Belongs here: guessing what a header means, which a person then confirms. Nothing drafted here is ever landed unseen:
what could not be told is written as a comment, and `plumbline source check` says what is still missing.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import duckdb

from pipelines.canonical import Column, Entity, load_canonical
from pipelines.sources.content import Limits, keep_copy, prepare
from pipelines.sources.errors import RefusedFileError, UnsettledFileError
from pipelines.sources.header_words import COLUMN_WORDS, ENTITY_WORDS
from pipelines.sources.mapping import FileFormat, MappedColumn, MappedFiles
from pipelines.sources.notation import detect
from pipelines.sources.tables import Table, open_table
from pipelines.sources.text_table import TYPED

_CLOSE = 0.88
_NO_ENTITY = 3


@dataclass(frozen=True, slots=True)
class _Guess:
    entity: Entity
    columns: Mapping[str, str]
    score: int


def draft_mapping(
    files: Sequence[Path], *, currency: str | None = None, canonical: Mapping[str, Entity] | None = None
) -> str:
    """The text of a mapping file for these files. `currency` fills a currency that no header gives.

    A file that cannot be read, or whose headers fit no entity, becomes a comment that says so.
    """
    entities = canonical if canonical is not None else load_canonical()
    drafted = [_draft(path, currency, entities) for path in sorted(files)]
    return (
        "# Drafted from the headers of your files: read it through before the first run.\n"
        "# A line that starts with # ? is something that could not be told. docs/mapping-files.md explains every key.\n"
        "files:\n" + "\n".join(drafted)
    )


def _draft(path: Path, currency: str | None, entities: Mapping[str, Entity]) -> str:
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        work, limits = Path(folder), Limits()
        try:
            kept = keep_copy(path, work / "original", limits=limits, on_progress=_quiet)
            content = prepare(kept, FileFormat(), work=work, limits=limits, on_progress=_quiet)
            table = open_table(
                connection, content, FileFormat(), wanted=(), work=work, limits=limits, on_progress=_quiet
            )
        except (RefusedFileError, UnsettledFileError) as error:
            return f"  # ? {path.name} {error}\n"
        guess = max((_guess(path, table.headers, entity) for entity in entities.values()), key=lambda one: one.score)
        # Headers that are only alike are looked for once the entity is known: comparing all with all takes minutes.
        guess = _guess(path, table.headers, guess.entity, alike=True)
        if guess.score < _NO_ENTITY:
            return f"  # ? {path.name}: its headers fit no entity: {', '.join(table.headers[:12])}\n"
        doubts, percents = _doubts(connection, table, guess), _percents(connection, table, guess)
        return _write(path, table, guess, currency=currency, doubts=doubts, percents=percents)


def _guess(path: Path, headers: Sequence[str], entity: Entity, *, alike: bool = False) -> _Guess:
    free = [header for header in headers if header]
    columns: dict[str, str] = {}
    # Columns that may not be empty choose first.
    for column in sorted(entity.columns, key=lambda column: column.nullable):
        found = _header_for(column, entity, free, alike=alike)
        if found is None or (column.references == entity.name and found in columns.values()):
            continue
        columns[column.name] = found
        # A header may be a key and a reference at once (the order of an invoice), but no two plain columns.
        if column.kind != "id":
            free.remove(found)
    needed = [column for column in entity.columns if not column.nullable and column.name not in _FILLED]
    score = len(columns) - 2 * sum(column.name not in columns for column in needed) + _name_score(path, entity)
    return _Guess(entity, columns, score)


#: Columns that a constant fills where no header does.
_FILLED = frozenset({"entity_id", "currency"})


def _name_score(path: Path, entity: Entity) -> int:
    words = re.sub(r"\d+", " ", _words(path.name.split(".")[0])).strip()
    names = {_words(name) for name in (entity.name, *ENTITY_WORDS.get(entity.name, ()))}
    plain = {words, _singular(words)}
    if plain & names:
        return 8
    return 3 if any(name in words for name in names if len(name) > 4) else 0


def _header_for(column: Column, entity: Entity, headers: Sequence[str], *, alike: bool) -> str | None:
    wanted = _wanted(column, entity)
    by_words = {_words(header): header for header in reversed(headers)}
    for name in wanted:
        if name in by_words:
            return by_words[name]
    if not alike:
        return None
    close = [
        (SequenceMatcher(None, words, name).ratio(), header)
        for words, header in by_words.items()
        for name in wanted
        if len(name) > 5
    ]
    best = max(close, default=(0.0, ""))
    return best[1] if best[0] >= _CLOSE else None


def _wanted(column: Column, entity: Entity) -> list[str]:
    """What a header for this column may be called, the surest first."""
    names = [column.name, *COLUMN_WORDS.get(f"{entity.name}.{column.name}", ()), *COLUMN_WORDS.get(column.name, ())]
    bare = re.sub(r"_(id|code|on|at|doc|local|ratio|ref)$", "", column.name)
    names.append(bare)
    if column.kind == "id" or column.name in entity.key:
        subject = column.references or bare
        if column.name == entity.key[0] and len(entity.key) == 1:
            names += ["id", "number", "no", "key", "code"]
        for word in (subject, *ENTITY_WORDS.get(subject, ())):
            names += [f"{word} {ending}" for ending in ("id", "number", "no", "nr", "code", "key", "ref")] + [word]
    if column.kind == "date":
        names += [f"{bare} date", f"date {bare}"]
    return list(dict.fromkeys(_words(name) for name in names))


def _doubts(connection: duckdb.DuckDBPyConnection, table: Table, guess: _Guess) -> list[str]:
    """Comments on notations that the file does not tell."""
    mapped = tuple(MappedColumn(guess.entity.column(name), headers=(header,)) for name, header in guess.columns.items())
    entry = MappedFiles(match="*", entity=guess.entity, kind="full", columns=mapped)
    try:
        notation = detect(connection, table, entry, first_rows=1_000)
    except duckdb.Error:
        return ["# ? some rows cannot be split into fields: see `plumbline source check`"]
    said = [f"{guess.columns[name]}" for name in sorted(notation.doubtful_dates)]
    if said:
        return [f'# ? format: {{dates: "%d/%m/%Y"}} or "%m/%d/%Y": {", ".join(said)} can be read both ways']
    return []


def _percents(connection: duckdb.DuckDBPyConnection, table: Table, guess: _Guess) -> frozenset[str]:
    """Ratios that the file gives in hundredths: a probability of 90 is 0.9."""
    ratios = [name for name in guess.columns if guess.entity.column(name).kind == "ratio"]
    found = set()
    for name in ratios:
        cell = f"c{table.position(guess.columns[name])}"
        number = f"try_cast(ltrim({cell}, '{TYPED}') as decimal(18, 6))"
        largest = connection.execute(f"select max({number}) from ({table.relation} limit 1000)").fetchall()[0][0]
        if largest is not None and largest > 1:
            found.add(name)
    return frozenset(found)


def _write(
    path: Path,
    table: Table,
    guess: _Guess,
    *,
    currency: str | None,
    doubts: Sequence[str],
    percents: frozenset[str],
) -> str:
    lines = [
        f"  - match: {_yaml(_pattern(path.name))}",
        f"    entity: {guess.entity.name}",
        "    kind: full   # every file holds all rows; delta where it holds only new and changed ones",
        *(f"    {doubt}" for doubt in doubts),
        "    columns:",
    ]
    for column in guess.entity.columns:
        if column.name in percents:
            lines.append(f"      {column.name}: {{column: {_yaml(guess.columns[column.name])}, scale: 0.01}}")
        elif column.name in guess.columns:
            lines.append(f"      {column.name}: {_yaml(guess.columns[column.name])}")
        elif column.name == "currency" and not column.nullable and currency is not None:
            lines.append(f"      currency: {{constant: {currency}}}")
        elif not column.nullable and column.name != "entity_id":
            lines.append(f"      # ? {column.name}:   # {column.description}")
    rest = [header for header in table.headers if header and header not in guess.columns.values()]
    if rest:
        lines.append(f"    ignore: [{', '.join(_yaml(header) for header in rest)}]")
    return "\n".join(lines) + "\n"


def _pattern(name: str) -> str:
    # The date or number of one delivery becomes a star, so that the next delivery matches too.
    return re.sub(r"\d{4,}([-_T]?\d{2,})*", "*", name)


def _words(text: str) -> str:
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    return " ".join(re.findall(r"[^\W_]+", split.lower()))


def _singular(words: str) -> str:
    if words.endswith("ies"):
        return words[:-3] + "y"
    return words.removesuffix("s")


def _yaml(text: str) -> str:
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9 _.()/%-]*[A-Za-z0-9_)%]|[A-Za-z]", text) and text.lower() not in _YAML_WORDS:
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


_YAML_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


def _quiet(_doing: str, _done: int, _of: int | None) -> None:
    return None
