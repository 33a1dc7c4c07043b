"""`python -m docs.build.contract` writes docs/sources/contract.md from the canonical columns: what a source may give.

What a column means stands in models/intermediate/_canonical.yml; here it is only put in order.
"""

from __future__ import annotations

from pathlib import Path

from pipelines.canonical import Entity, load_canonical
from pipelines.sources.contract import given_as

PAGE = Path(__file__).resolve().parents[2] / "docs" / "sources" / "contract.md"

INTRODUCTION = """\
# The generic contract

A system without a connector of its own needs none: give Plumbline these tables, as files in a folder (`invoice.csv`,
`invoice.parquet`, `invoice.xlsx`, `invoice.jsonl`, also gzipped) or as tables or views of a PostgreSQL schema. Named
and shaped as below, they need no mapping file:

```yaml
sources:
  erp: {kind: files, folder: ./exports}
  crm: {kind: postgresql, connection: "postgresql://reader:${CRM_PASSWORD}@db.example.com/crm", schema_name: plumbline}
```

Give what you have: a table that is missing is an entity without rows, and what no source can prove is shown as *not
covered*. A column marked `*` may not be missing or empty; any other may be left out. A table is always the whole table:
a key that is absent from it is deleted. `entity_id` may be left out or empty where plumbline.yaml has one legal entity,
which then stands in every row; a row of another one is quarantined. Keys need to be unique within the table; the name
of the source keeps two systems apart. A row that cannot be read is quarantined with its reason, and a document stands
or falls as a whole.

Written by `make docs` from the canonical columns; do not edit it here.
"""


def main() -> None:
    """Write the page."""
    PAGE.write_text(contract(), encoding="utf-8")


def contract() -> str:
    """The whole page."""
    entities = [entity for entity in load_canonical().values() if entity.name != "legal_entity"]
    return "\n".join([INTRODUCTION, *(_section(entity) for entity in entities)])


def _section(entity: Entity) -> str:
    key = ", ".join(f"`{name}`" for name in entity.key)
    lines = [
        f"## `{entity.name}`\n",
        f"{entity.description} Key: {key}.\n",
        "| column | type | meaning |",
        "|---|---|---|",
    ]
    for column in entity.columns:
        name = f"`{given_as(column)}`" + ("" if column.nullable else " *")
        meaning = column.description
        if given_as(column) != column.name:
            meaning = "An e-mail address; only its SHA-256 is kept."
        unit = f" ({column.unit})" if column.unit else ""
        lines.append(f"| {name} | {column.data_type} | {meaning}{unit} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
