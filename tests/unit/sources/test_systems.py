"""What is read from a system is written once, and what is written is what is used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipelines.canonical import load_canonical
from pipelines.sources.errors import MappingError
from pipelines.sources.systems import STAGING, mapped_objects, system_entities

MACRO = STAGING.parent.parent / "macros" / "canonical.sql"


def staged() -> dict[str, list[str]]:
    """The staging models that the macro canonical() unions, by entity."""
    listed = MACRO.read_text(encoding="utf-8").split("macro staging_models")[1].split("endmacro")[0]
    return {entity: re.findall(r'"(\w+)"', models) for entity, models in re.findall(r'"(\w+)": \[(.*?)\]', listed)}


def test_every_staging_model_feeds_the_entity_it_is_named_after() -> None:
    """A model that is written and not listed would be read by nobody."""
    files = {path.stem for path in STAGING.glob("*/stg_*.sql")}
    assert {model for models in staged().values() for model in models} == files
    for entity, models in staged().items():
        plural = load_canonical()[entity].model.removeprefix("int_")
        assert {model.split("__")[1] for model in models} == {plural}


def test_every_raw_table_is_read_by_a_staging_model() -> None:
    """What is fetched and used by nothing costs a company's daily requests."""
    read = {
        name
        for path in STAGING.glob("*/stg_*.sql")
        for name in re.findall(r"source\('raw', '(\w+)'\)", path.read_text(encoding="utf-8"))
    }
    assert read == set(system_entities())


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
