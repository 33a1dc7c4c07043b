"""What is read from a system is written once, and what is written is what is used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipelines.canonical import load_canonical
from pipelines.sources.errors import MappingError
from pipelines.sources.systems import STAGING, mapped_objects, system_entities

MACROS = STAGING.parent.parent / "macros"


def staged(system: str) -> dict[str, str]:
    """The staging models that canonical() unions for one system, by entity."""
    listed = (MACROS / "staging" / f"{system}.sql").read_text(encoding="utf-8")
    return dict(re.findall(r'"(\w+)": "(\w+)"', listed))


SYSTEMS = sorted(path.name for path in STAGING.iterdir())


def test_every_system_is_one_that_canonical_asks() -> None:
    """The rows of a system that the macro does not name would be landed and never counted."""
    named = re.findall(r"(\w+)_staging_models\(\)", (MACROS / "canonical.sql").read_text(encoding="utf-8"))
    assert sorted(named) == SYSTEMS == sorted(path.stem for path in (MACROS / "staging").glob("*.sql"))


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_staging_model_feeds_the_entity_it_is_named_after(system: str) -> None:
    """A model that is written and not listed would be read by nobody."""
    plurals = {entity: load_canonical()[entity].model.removeprefix("int_") for entity in staged(system)}
    assert staged(system) == {entity: f"stg_{system}__{plural}" for entity, plural in plurals.items()}
    assert {path.stem for path in (STAGING / system).glob("stg_*.sql")} == set(staged(system).values())


def test_every_raw_table_is_read_by_a_staging_model() -> None:
    """What is fetched and used by nothing costs a company's daily requests."""
    read = {
        name
        for path in [*STAGING.glob("*/*.sql"), *(MACROS / "staging").glob("*.sql")]
        for name in re.findall(r"source\('raw', '(\w+)'\)", path.read_text(encoding="utf-8"))
    }
    assert read - {"legal_entity"} == set(system_entities())


def test_a_mistake_in_a_mapping_of_objects_is_told_by_line_and_place(tmp_path: Path) -> None:
    """A person must be able to correct the file from the message alone."""
    path = tmp_path / "crm.yaml"
    path.write_text("objects:\n  Acount: {region: A}\n  Account: {regin: A}\n", encoding="utf-8")
    with pytest.raises(MappingError) as raised:
        mapped_objects("salesforce", path)
    assert str(raised.value).splitlines() == [
        f"{path}, line 2: objects.Acount: no such object; did you mean Account?",
        f"{path}, line 3: objects.Account.regin: no such column; did you mean region?",
    ]
