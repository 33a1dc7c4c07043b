"""PostgreSQL: the tables and views that a mapping asks for, all in one snapshot, each as a Parquet file of plain cells.

Belongs here: connecting, the catalogue, and how each type is written so that no digit and no odd value is lost. Knows
no mapping and no landing: it is told which columns of which relation are wanted.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Context, Decimal
from functools import reduce
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import adbc_driver_postgresql.dbapi as adbc
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.sources.errors import ConnectionFailedError, SourceReadError
from pipelines.sources.text_table import TYPED

#: Key of the file's own metadata: what the rows are, whenever they were read.
CONTENT = b"plumbline.content"
_MOMENT = b"plumbline.read_at"
_CONNECT_SECONDS = 15
#: Wide enough for almost every amount and added up without a row of Python; what does not fit is added up exactly too.
_NARROW = pa.decimal128(38, 12)
_EXACT = Context(prec=1000)
_AS_THEY_ARE = frozenset({"int2", "int4", "int8", "bool"})
_TEXTS = frozenset({"text", "varchar", "bpchar", "name", "char"})
# Only what is set here decides how a value is written: a server may have any default.
_SESSION = (
    "set transaction isolation level repeatable read read only",
    "set local time zone 'UTC'",
    "set local datestyle = 'ISO, YMD'",
    "set local intervalstyle = 'iso_8601'",
    "set local extra_float_digits = 1",
    "set local bytea_output = 'hex'",
    "set local lc_monetary = 'C'",
    # Two scans of an unchanged table must give its rows in the same order.
    "set local synchronize_seqscans = off",
)


@dataclass(frozen=True, slots=True)
class DatabaseColumn:
    """One column that may be read. `type_name` is PostgreSQL's own: numeric, timestamptz, int4."""

    name: str
    type_name: str


@dataclass(frozen=True, slots=True)
class Relation:
    """One table, view or partitioned table. `columns` are those the user may read; `withheld` the others."""

    name: str
    columns: tuple[DatabaseColumn, ...]
    withheld: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadRelation:
    """A relation written to a file: its rows, and the sums the server itself has for its exact numbers."""

    path: Path
    content: str
    rows: int


class Snapshot:
    """One open read-only transaction: everything read through it is of the same moment."""

    def __init__(self, connection: adbc.Connection, schema: str, hidden: Sequence[str]) -> None:
        self._connection = connection
        self._schema = schema
        self._hidden = hidden
        for statement in _SESSION:
            self._run(statement)
        (moment,) = self._rows("select to_char(transaction_timestamp() at time zone 'UTC', 'YYYYMMDDHH24MISSUS')")[0]
        #: The server's clock when the snapshot was taken.
        self.read_at = datetime.strptime(moment, "%Y%m%d%H%M%S%f").replace(tzinfo=UTC)

    def relations(self) -> tuple[Relation, ...]:
        """What the schema holds and the user may read a column of, by name."""
        found = self._rows(
            "select relation.relname::text, attribute.attname::text,"
            " coalesce(base.typname, type.typname)::text,"
            " has_column_privilege(relation.oid, attribute.attnum, 'select')"
            " from pg_catalog.pg_class as relation"
            " join pg_catalog.pg_namespace as space on space.oid = relation.relnamespace"
            " join pg_catalog.pg_attribute as attribute on attribute.attrelid = relation.oid"
            " join pg_catalog.pg_type as type on type.oid = attribute.atttypid"
            " left join pg_catalog.pg_type as base on base.oid = type.typbasetype"
            f" where space.nspname = {_literal(self._schema)} and relation.relkind in ('r', 'v', 'm', 'p', 'f')"
            " and has_schema_privilege(space.oid, 'usage') and attribute.attnum > 0 and not attribute.attisdropped"
            " order by relation.relname, attribute.attnum"
        )
        columns: dict[str, list[DatabaseColumn]] = {}
        withheld: dict[str, list[str]] = {}
        for relation, column, type_name, readable in found:
            columns.setdefault(relation, [])
            if readable:
                columns[relation].append(DatabaseColumn(column, type_name))
            else:
                withheld.setdefault(relation, []).append(column)
        return tuple(
            Relation(name, tuple(readable), tuple(withheld.get(name, ()))) for name, readable in columns.items()
            if readable
        )  # fmt: skip

    def read(
        self, relation: Relation, columns: Sequence[DatabaseColumn], order: Sequence[str], target: Path
    ) -> ReadRelation:
        """Write the columns of a relation to `target`, ordered so that the same rows give the same file.

        Raises SourceReadError where the server counts or adds up something else than what was written.
        """
        listed = ", ".join(f"{_written(column)} as {_quoted(column.name)}" for column in columns)
        name = f"{_quoted(self._schema)}.{_quoted(relation.name)}"
        by = f" order by {', '.join(map(_quoted, order))}" if order else ""
        rows, digest = 0, hashlib.sha256()
        with self._failing_softly(f"reading {relation.name}"), self._connection.cursor() as cursor:
            cursor.execute(f"select {listed} from {name}{by}")
            reader = cursor.fetch_record_batch()
            schema = pa.schema([pa.field(field.name, _plain(field.type)) for field in reader.schema])
            digest.update(schema.serialize())
            sums = {column.name: Decimal(0) for column in columns if column.type_name == "numeric"}
            with pq.ParquetWriter(target, schema, compression="zstd", compression_level=1) as writer:
                for batch in reader:
                    plain = pa.RecordBatch.from_arrays(
                        [column.cast(field.type) for column, field in zip(batch.columns, schema, strict=True)],
                        schema=schema,
                    )
                    writer.write_batch(plain)
                    digest.update(plain.serialize())
                    rows += plain.num_rows
                    sums = {of: _EXACT.add(before, _sum(plain.column(of))) for of, before in sums.items()}
                writer.add_key_value_metadata({CONTENT: digest.hexdigest(), _MOMENT: self.read_at.isoformat()})
        self._agree(relation, name, rows, sums)
        return ReadRelation(target, digest.hexdigest(), rows)

    def _agree(self, relation: Relation, name: str, rows: int, sums: dict[str, Decimal]) -> None:
        """Compare with what the server itself counts and adds up, in the same snapshot."""
        finite = "".join(
            f", coalesce(sum({_quoted(column)}) filter (where {_quoted(column)}::text not in ('NaN', 'Infinity',"
            " '-Infinity')), 0)::text"
            for column in sums
        )
        counted, *added = self._rows(f"select count(*){finite} from {name}")[0]
        if counted != rows:
            raise SourceReadError(f"{relation.name}: {rows} rows were read, the server counts {counted}; run again")
        for (column, total), theirs in zip(sums.items(), added, strict=True):
            if Decimal(theirs) != total:
                raise SourceReadError(
                    f"{relation.name}.{column}: what was read adds up to {total}, the server says {theirs}; run again"
                )

    def _run(self, statement: str) -> None:
        with self._failing_softly(statement), self._connection.cursor() as cursor:
            cursor.execute(statement)

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        with self._failing_softly("asking the catalogue"), self._connection.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())

    @contextmanager
    def _failing_softly(self, doing: str) -> Iterator[None]:
        try:
            yield
        except (adbc.Error, pa.ArrowException) as error:
            raise SourceReadError(f"{doing}: {_said(error, self._hidden)}") from None


@contextmanager
def open_snapshot(address: str, schema: str) -> Iterator[Snapshot]:
    """Connect and hold one repeatable-read, read-only transaction. Raises ConnectionFailedError, SourceReadError.

    No message holds the password.
    """
    hidden = _secrets(address)
    try:
        connection = adbc.connect(_with_time_limit(address))
    except adbc.Error as error:
        raise ConnectionFailedError(
            f"cannot connect: {_said(error, hidden)}; check the address, the user and that the server is reached"
        ) from None
    try:
        yield Snapshot(connection, schema, hidden)
    finally:
        connection.close()


def content_of(path: Path) -> str | None:
    """What a file written by `Snapshot.read` holds, as a hash over its rows. None for any other Parquet file."""
    found = (pq.read_metadata(path).metadata or {}).get(CONTENT)
    return found.decode() if found is not None else None


def _written(column: DatabaseColumn) -> str:
    """SQL: the value as it goes into a cell. Numbers and moments carry the mark of a typed cell.

    numeric travels as text: Arrow's decimals have a fixed scale, and NaN and infinity, which PostgreSQL knows, have no
    place in them. As text they are cells that cannot be read, and are quarantined by name.
    """
    name = _quoted(column.name)
    if column.type_name in _AS_THEY_ARE:
        return name
    if column.type_name in _TEXTS:
        return f"{name}::text"
    if column.type_name in ("numeric", "float4", "float8", "date", "timestamp"):
        return f"{_literal(TYPED)} || {name}::text"
    if column.type_name == "timestamptz":
        moment = f"to_char({name} at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || 'Z'"
        return f"{_literal(TYPED)} || case when isfinite({name}) then {moment} else {name}::text end"
    return f"{name}::text"


def _sum(column: pa.Array) -> Decimal:
    texts = pc.utf8_ltrim(column.drop_null(), characters=TYPED)
    finite = texts.filter(pc.invert(pc.is_in(texts, value_set=pa.array(["NaN", "Infinity", "-Infinity"]))))
    try:
        total = pc.sum(finite.cast(_NARROW)).as_py()
    except pa.ArrowInvalid:
        total = reduce(_EXACT.add, map(_EXACT.create_decimal, finite.to_pylist()), Decimal(0))
    return total or Decimal(0)


def _plain(arrow_type: pa.DataType) -> pa.DataType:
    plain = getattr(arrow_type, "storage_type", arrow_type)
    return pa.string() if pa.types.is_string(plain) or pa.types.is_large_string(plain) else plain


def _with_time_limit(address: str) -> str:
    parts = urlsplit(address)
    asked = dict(parse_qsl(parts.query))
    return urlunsplit(parts._replace(query=urlencode({"connect_timeout": _CONNECT_SECONDS, **asked})))


def _secrets(address: str) -> tuple[str, ...]:
    parts = urlsplit(address)
    asked = dict(parse_qsl(parts.query))
    return tuple(secret for secret in (address, parts.password, asked.get("password")) if secret)


def _said(error: Exception, hidden: Sequence[str]) -> str:
    text = " ".join(str(error).split())
    for secret in hidden:
        text = text.replace(secret, "***")
    # The driver wraps the server's own sentence, which is the part that helps.
    found = re.search(r"(ERROR|FATAL): +(.*?)(?: LINE \d+:|$)", text)
    return (found.group(2) if found else text.removeprefix("IO: ")).strip()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
