"""The marts of one company made in two ways, compared: from files alone, and with a source read through a system.

Belongs here: making both, and what is compared. What a system may say otherwise is listed with its test.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
from unit.sources.through import Otherwise, Through

from company.settings import Settings, load_settings
from pipelines.canonical import LINEAGE_COLUMNS, load_canonical
from pipelines.publish.run import RunRequest, open_run

#: Texts by which rows of one side name those of the other, and the documents that ledger, bank and stock name.
REFERENCES = {
    ("order", "deal_ref"): "deal",
    ("customer", "crm_account_ref"): "account",
    ("account", "erp_customer_ref"): "customer",
    ("bank_line", "document_id"): "bank document",
    ("journal_line", "journal_id"): "journal",
}


MONTHLY_RATES = Path("data/sample/erp/fx_rates.tsv")


@dataclass(frozen=True)
class Left:
    """What of a published table is not compared, and why. `where`: the rows that are compared."""

    why: str
    columns: tuple[str, ...] = ()
    where: str = "true"


def build_by_system(sample: Settings, place: Path, through: Through) -> Path:
    """The folder with the databases of a copy of the sample company whose source is read through the system."""
    settings = _copy(sample, place, through, by_system=True)
    return _build(settings, place, lambda connection: _give_ids(connection, through))


def build_by_files(sample: Settings, place: Path, through: Through, *, system: Path) -> Path:
    """The same by files alone, with the ids that the system gives, and what it says otherwise as the system says it.

    `system`: the folder of the company that was read through the system.
    """

    def change(connection: duckdb.DuckDBPyConnection) -> None:
        _give_ids(connection, through)
        for entity, otherwise in through.otherwise.items():
            _take_over(connection, system / "build.duckdb", entity, otherwise)

    return _build(_copy(sample, place, through, by_system=False), place, change)


def _build(settings: Settings, place: Path, change: Callable[[duckdb.DuckDBPyConnection], None]) -> Path:
    """Build, check and finish as a run does. `change` is given the raw tables before models read them."""
    with open_run(settings, RunRequest()) as run:
        if (settings.root / MONTHLY_RATES).exists():
            run.land("erp")
        run.load_raw()
        with run.copies.open() as connection:
            change(connection)
        run.build()
        run.test()
        run.require_passed()
        run.finish_marts()
        for built in (run.copies.build, run.copies.marts):
            shutil.copyfile(built, place / built.name)
    return place


def _copy(sample: Settings, place: Path, through: Through, *, by_system: bool) -> Settings:
    """The company's settings and landing in a folder of its own; the models that were parsed for it stay parsed."""
    (place / "data").mkdir(parents=True)
    shutil.copytree(sample.root / "mappings", place / "mappings")
    shutil.copytree(sample.folders.landing, place / "data" / "landing")
    shutil.copytree(sample.folders.warehouse / "dbt", place / "data" / "warehouse" / "dbt")
    text = (sample.root / "plumbline.yaml").read_text(encoding="utf-8")
    if through.untied:
        text += "\nchecks:\n" + "".join(f"  {name}: warn\n" for name in through.untied)
    if by_system:
        for name in _put_in_place(through, place / "data" / "landing", known=sample.sources):
            entry = f"{{kind: files, folder: ./data, mapping: mappings/sample_erp.yaml, ids_of: {through.source}}}"
            text = text.replace("\nroles:\n", f"  {name}: {entry}\n\nroles:\n", 1)
        if "fx_rate" in through.entities:
            _keep_monthly_rates(sample.root / MONTHLY_RATES, place / MONTHLY_RATES)
    (place / "plumbline.yaml").write_text(text, encoding="utf-8")
    return load_settings(place / "plumbline.yaml", {})


def _put_in_place(through: Through, landing: Path, *, known: Collection[str]) -> list[str]:
    """What the system gave in place of what files gave. The names of instances that the settings do not know."""
    for entity in through.entities:
        for batches in landing.glob(f"*/{entity}"):
            shutil.rmtree(batches)
    for landed in through.landing.iterdir():
        shutil.copytree(landed, landing / landed.name, dirs_exist_ok=True)
    return [landed.name for landed in through.landing.iterdir() if landed.name not in known]


def _keep_monthly_rates(rates: Path, kept: Path) -> None:
    """Systems keep the rates of days; those of months stay in files."""
    kept.parent.mkdir(parents=True)
    lines = rates.read_text(encoding="utf-8").splitlines(keepends=True)
    kept.write_text("".join(line for line in lines if line.split("\t")[3] != "M"), encoding="utf-8")


def _take_over(connection: duckdb.DuckDBPyConnection, system: Path, entity: str, otherwise: Otherwise) -> None:
    """Put what the system says into the rows of files: some columns, or the rows themselves where it is `*`."""
    canonical = load_canonical()[entity]
    table = f'raw."{entity}"'
    with duckdb.connect(system, read_only=True) as read:  # its views name the database as it is called by itself
        connection.register("told", read.sql(f"select * from intermediate.{canonical.model}").to_arrow_table())
    if otherwise.columns == ("*",):
        listed = ", ".join(f'"{name}"' for name in (*canonical.column_names, *LINEAGE_COLUMNS))
        connection.execute(f"delete from {table} where {otherwise.where}")
        connection.execute(f"insert into {table} by name select {listed} from told where {otherwise.where}")
        return
    given = ", ".join(f'"{name}" = told."{name}"' for name in otherwise.columns)
    same = " and ".join(f'{table}."{name}" is not distinct from told."{name}"' for name in canonical.key)
    changed = " or ".join(f'{table}."{name}" is distinct from told."{name}"' for name in otherwise.columns)
    counted = ", ".join(f'count_if({table}."{name}" is distinct from told."{name}")' for name in otherwise.columns)
    counts = connection.execute(f"select {counted} from {table}, told where {same}").fetchone() or ()
    alike = [name for name, count in zip(otherwise.columns, counts, strict=True) if count == 0]
    assert alike == [], f"{entity}: the same in the system: take {alike} off the list"
    connection.execute(f"update {table} set {given} from told where {same} and ({changed})")


def _give_ids(connection: duckdb.DuckDBPyConnection, through: Through) -> None:
    """Name the rows of files as the system names them, and drop those that it cannot hold."""
    connection.execute("create temp table named (entity varchar, id varchar, its varchar)")
    if through.ids:
        listed = [(entity, before, after) for (entity, before), after in through.ids.items()]
        connection.executemany("insert into named values (?, ?, ?)", listed)
    for entity in load_canonical().values():
        for column in entity.columns:
            own = column.name == f"{entity.name}_id"
            named = REFERENCES.get((entity.name, column.name)) or column.references or (entity.name if own else None)
            if column.kind not in ("id", "text") or named is None:
                continue
            table, key = f'raw."{entity.name}"', column.name
            front = f"'{through.source}:' || " if column.kind == "id" else ""
            if own and entity.name in through.known:
                connection.execute(
                    f"delete from {table} where source_system = '{through.source}'"
                    f" and {key} not in (select {front}id from named where entity = '{named}')"
                )
            source_id = ", source_id = named.its" if own else ""
            connection.execute(
                f"update {table} set {key} = {front}named.its{source_id} from named"
                f" where named.entity = '{named}' and {table}.{key} = {front}named.id"
            )
    connection.execute("drop table named")


def differences(one: Path, other: Path, left: Mapping[str, Left]) -> dict[str, str]:
    """By table, what differs beyond what may; and what may and does not, so that no excuse outlives its reason."""
    found: dict[str, str] = {}
    with duckdb.connect() as connection:
        connection.execute(f"attach '{one}' as one (read_only)")
        connection.execute(f"attach '{other}' as other (read_only)")
        listed = "select schema_name || '.' || table_name from duckdb_tables() where database_name = ? order by 1"
        tables = [[name for (name,) in connection.execute(listed, [side]).fetchall()] for side in ("one", "other")]
        assert tables[0] == tables[1]
        assert set(left) <= set(tables[0]), set(left) - set(tables[0])
        for table in tables[0]:
            allowed = left.get(table)
            told = _differs(connection, table, allowed)
            if told:
                found[table] = told
            elif allowed is not None and not _differs(connection, table, None):
                found[table] = "is the same now: take it off the list"
    return found


def _differs(connection: duckdb.DuckDBPyConnection, table: str, allowed: Left | None) -> str:
    columns = {name: kind for name, kind, *_ in connection.execute(f"describe one.{table}").fetchall()}
    if allowed is not None:
        assert set(allowed.columns) <= set(columns), (table, set(allowed.columns) - set(columns))
        columns = {name: kind for name, kind in columns.items() if name not in allowed.columns}
    sides = [_select(f"{side}.{table}", columns, allowed) for side in ("one", "other")]
    lacking, added = (
        connection.execute(f"from ({first} except all {second}) order by all limit 3").fetchall()
        for first, second in (sides, sides[::-1])
    )
    if not lacking and not added:
        return ""
    wrong = [
        name
        for name, kind in columns.items()
        if _is_uneven(connection, *(_select(f"{side}.{table}", {name: kind}, allowed) for side in ("one", "other")))
    ]
    return f"{wrong}: files {lacking}, system {added}"


def _is_uneven(connection: duckdb.DuckDBPyConnection, one: str, other: str) -> bool:
    ways = (one, other), (other, one)
    return any(connection.execute(f"from ({a} except all {b}) limit 1").fetchone() for a, b in ways)


def _select(table: str, columns: Mapping[str, str], allowed: Left | None) -> str:
    """Rows as they are compared: numbers that are no money to nine digits, since their sums follow the rows' order."""
    written = {
        name: f"""format('{{:.9g}}', "{name}")""" if kind == "DOUBLE" else f'"{name}"' for name, kind in columns.items()
    }
    where = "true" if allowed is None else allowed.where
    return f"select {', '.join(written.values())} from {table} where {where}"
