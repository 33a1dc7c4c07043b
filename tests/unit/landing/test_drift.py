"""What happens when tomorrow's export is not shaped like today's: thirty drifts of one file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from drop_folder import DELIVERED, HEADER, DropFolder, deals

TODAY = HEADER + "1,Won,1234.50,2026-01-25,Åbo,2026-01-26T10:00:00Z\n2,Open,99.95,2026-02-03,B,\n"
ROWS = [("1", Decimal("1234.50"), "2026-01-25", "Åbo"), ("2", Decimal("99.95"), "2026-02-03", "B")]


@dataclass(frozen=True)
class Drift:
    """Tomorrow's file. Either it still gives the same rows, or it is refused, or some rows are quarantined."""

    content: str | bytes
    refused: str | None = None
    says: tuple[str, ...] = ()
    quarantined: tuple[str, ...] = ()
    name: str = "deals_new.csv"
    extra: str = ""


def lines(*rows: str) -> str:
    return "\n".join(rows) + "\n"


SEMICOLONS = TODAY.replace(",", ";")
EU = lines(
    "Id;Stage;Amount;Created;Name;Changed",
    "1;Won;1.234,50;25.01.2026;Åbo;26.01.2026 10:00",
    "2;Open;99,95;03.02.2026;B;",
)
US = lines(
    "Id,Stage,Amount,Created,Name,Changed",
    '1,Won,"$1,234.50",01/25/2026,Åbo,01/26/2026 10:00 AM',
    "2,Open,99.95,02/03/2026,B,",
)

DRIFTS = {
    "nothing changed but the order of rows": Drift(lines(*[TODAY.splitlines()[i] for i in (0, 2, 1)])),
    "columns reordered": Drift(
        lines(
            "Name,Changed,Created,Amount,Stage,Id",
            "Åbo,2026-01-26T10:00:00Z,2026-01-25,1234.50,Won,1",
            "B,,2026-02-03,99.95,Open,2",
        )
    ),
    "a column added": Drift(
        lines(*[f"{row},{new}" for row, new in zip(TODAY.splitlines(), ["Margin", "1", "2"], strict=True)]),
        says=("new columns that no mapping names: 'Margin'",),
    ),
    "a mapped column removed": Drift(
        lines("Id,Stage,Created,Name,Changed", "1,Won,2026-01-25,Åbo,", "2,Open,2026-02-03,B,"),
        refused="changed_schema",
        says=("no column 'Amount'", "deal.amount_doc", "optional: true"),
    ),
    "a mapped column renamed": Drift(
        TODAY.replace("Amount", "Amount EUR"),
        refused="changed_schema",
        says=("'Amount'", "nearest header: 'Amount EUR'"),
    ),
    "a nullable column renamed": Drift(
        TODAY.replace("Name", "Deal Name"), refused="changed_schema", says=("deal.name", "nearest header: 'Deal Name'")
    ),
    "the key renamed": Drift(TODAY.replace("Id,", "Deal,"), refused="changed_schema", says=("deal.deal_id",)),
    "a header twice": Drift(
        TODAY.replace("Changed", "Amount"),
        refused="changed_schema",
        says=("'Amount' more than once (columns 3 and 6)",),
    ),
    "headers in capitals": Drift(TODAY.replace(HEADER, HEADER.upper())),
    "headers with spaces": Drift(TODAY.replace("Amount", " Amount ").replace("Stage", "Stage\u00a0")),
    "headers gone": Drift(TODAY.split("\n", 1)[1], refused="changed_schema", says=("deal.deal_id",)),
    "a byte-order mark": Drift("\ufeff" + TODAY),
    "semicolons": Drift(SEMICOLONS),
    "tabs": Drift(TODAY.replace(",", "\t")),
    "bars": Drift(TODAY.replace(",", "|")),
    "tabs in a .tsv": Drift(TODAY.replace(",", "\t"), name="deals.tsv"),
    "cp1252": Drift(TODAY.encode("cp1252"), says=("read as cp1252 (detected)",)),
    "utf-16": Drift(TODAY.encode("utf-16"), says=("read as utf-16",)),
    "utf-16 without a mark": Drift(TODAY.encode("utf-16-le"), refused="refused_file", says=("binary",)),
    "cp850, said in the mapping": Drift(TODAY.encode("cp850"), extra="format: {encoding: cp850}", says=("cp850",)),
    "not the encoding of the mapping": Drift(
        TODAY.encode("cp1252"), extra="format: {encoding: utf-8}", refused="refused_file", says=("format.encoding",)
    ),
    "Windows line ends": Drift(TODAY.replace("\n", "\r\n")),
    "Macintosh line ends": Drift(TODAY.replace("\n", "\r")),
    "mixed line ends": Drift(TODAY.replace("B,\n", "B,\r\n")),
    "no line end at the end": Drift(TODAY.rstrip("\n")),
    "decimal commas and day-first dates": Drift(EU),
    "dollars and month-first dates": Drift(US),
    "day-first dates, told by the 25th": Drift(
        TODAY.replace("2026-01-25", "25/01/2026").replace("2026-02-03", "03/02/2026")
    ),
    "dates that are ambiguous throughout": Drift(
        TODAY.replace("2026-01-25", "01/02/2026").replace("2026-02-03", "03/02/2026"),
        refused="unreadable_date",
        says=("day or the month first", "format.dates"),
    ),
    "amounts that are ambiguous throughout": Drift(
        TODAY.replace("1234.50", "1.234").replace("99.95", "2.500"),
        refused="unreadable_number",
        says=("format.decimal",),
    ),
    "a column retyped": Drift(TODAY.replace("99.95", "ninety"), quarantined=("ninety",)),
    "dates as spreadsheet numbers": Drift(
        TODAY.replace("2026-01-25", "46047").replace("2026-02-03", "46056"), refused="unreadable_date"
    ),
    "everything quoted": Drift(
        lines(*[",".join(f'"{cell}"' for cell in row.split(",")) for row in TODAY.splitlines()])
    ),
    "spaces around every cell": Drift(lines(*[" , ".join(row.split(",")) for row in TODAY.splitlines()])),
    "words for nothing": Drift(TODAY.replace("B,", "NULL,N/A"), extra='format: {nulls: ["NULL", "N/A"]}'),
    "another delimiter than the mapping's": Drift(
        SEMICOLONS, extra='format: {delimiter: ","}', refused="changed_schema", says=("deal.deal_id",)
    ),
}


@pytest.mark.parametrize("drift", DRIFTS.values(), ids=DRIFTS.keys())
def test_a_drift_never_drops_or_nulls_a_column_silently(tmp_path: Path, drift: Drift) -> None:
    """A renamed column that reads as empty is a company without revenue, and nobody is told."""
    drop = DropFolder(tmp_path, deals("delta"))
    drop.write("deals.csv", TODAY)
    drop.land()
    if drift.extra:
        (drop.folder / "deals.csv").unlink()
        drop = DropFolder(tmp_path / "with format", deals("full", drift.extra))
    else:
        drop.mapping = deals("delta") if drift.refused is None else deals("full")
    drop.write(drift.name, drift.content, at=DELIVERED + timedelta(hours=1))
    landing = drop.land()
    news = [manifest for manifest in (*landing.landed, *landing.refused) if manifest.file_name == drift.name]
    (manifest,) = news
    for words in drift.says:
        assert words in manifest.message
    if drift.refused is not None:
        assert (manifest.status, manifest.reason) == ("refused", drift.refused)
        assert manifest.parts == ()
        return
    assert manifest.status == "loaded"
    assert manifest.original is not None
    assert [value for (value,) in drop.quarantined("value")] == list(drift.quarantined)
    found = read_part(manifest.part_paths[0])
    expected = sorted(row for row in ROWS if not (drift.quarantined and row[0] == "2"))
    if drift.name == "deals_new.csv" and "NULL" in str(drift.content):
        expected[1] = ("2", Decimal("99.95"), "2026-02-03", None)  # type: ignore[call-overload]
    assert found == expected


def read_part(path: Path) -> list[tuple[object, ...]]:
    import duckdb

    return sorted(
        duckdb.connect()
        .execute("select deal_id, amount_doc, cast(created_on as varchar), name from read_parquet(?)", [str(path)])
        .fetchall()
    )


def test_an_optional_column_may_be_missing_and_is_noted(tmp_path: Path) -> None:
    """Who says that a column may be missing is not stopped by it, and still told."""
    mapping = deals().replace("name: Name", "name: {column: Title, optional: true}")
    drop = DropFolder(tmp_path, mapping)
    drop.write("deals.csv", TODAY)
    (manifest,) = drop.land().landed
    assert "deal.name is empty: no column 'Title'" in manifest.message
    assert drop.rows("deal", "name") == [(None,), (None,)]
