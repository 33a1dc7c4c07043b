"""The pages of sources, followed to the letter: settings are loaded, mappings read, and a system checked by them.

The only thing changed is the address: the system's fake answers in its place.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from demo_company import ROOT
from fakes.erpnext_sample import empty_site
from fakes.hubspot_sample import empty_account
from fakes.netsuite import FakeNetsuite
from fakes.odoo_sample import empty_database
from fakes.quickbooks import FakeQuickbooks
from fakes.salesforce_sample import empty_org
from fakes.serving import Fake, serving
from ruamel.yaml import YAML
from unit.sources.netsuite_account import key_pair

from company.settings import load_settings
from company.source_settings import ApiSource, FileSource, PostgresqlSource
from pipelines.landing import check_source
from pipelines.sources.contract import contract_mapping
from pipelines.sources.mapping_file import load_mapping
from pipelines.sources.systems import SystemObject, mapped_objects

PAGES = ROOT / "docs" / "sources"
COMPANY = """
company:
  name: Acme
  reporting_currency: EUR
  time_zone: Europe/Helsinki
  locale: en_GB
  entities:
    - {id: FI01, name: Acme Oy, currency: EUR, country: FI}
    - {id: SE01, name: Acme AB, currency: SEK, country: SE}
    - {id: US01, name: Acme Inc, currency: USD, country: US}
data: ./data
"""


def blocks(page: str, key: str) -> list[str]:
    """The YAML of a page under one key."""
    text = (PAGES / f"{page}.md").read_text(encoding="utf-8")
    found = [textwrap.dedent(block) for block in re.findall(r"^ *```yaml\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)]
    return [block for block in found if block.startswith(f"{key}:")]


def mapping_of(page: str) -> dict[str, Any]:
    """All that a page maps, by object."""
    mapped: dict[str, Any] = {}
    for block in blocks(page, "objects"):
        for name, columns in YAML(typ="safe").load(block)["objects"].items():
            mapped.setdefault(name, {}).update(columns)
    return mapped


@dataclass(frozen=True)
class Connected:
    """A system with what a page's settings ask for: the values of its variables, and which settings are addresses."""

    fake: Fake
    variables: dict[str, str]
    addresses: tuple[str, ...] = ("address",)


def salesforce(objects: Iterable[SystemObject]) -> Connected:
    fake = empty_org()
    for one in objects:
        fake.fields[one.name] = list(dict.fromkeys([*fake.fields[one.name], *one.fields]))
    return Connected(fake, {"SALESFORCE_CLIENT_ID": fake.client[0], "SALESFORCE_CLIENT_SECRET": fake.client[1]})


def hubspot(objects: Iterable[SystemObject]) -> Connected:
    fake = empty_account()
    for one in objects:
        fake.properties[one.name].update(dict.fromkeys((name for name in one.fields if "." not in name), True))
    return Connected(fake, {"HUBSPOT_TOKEN": fake.token})


def netsuite(objects: Iterable[SystemObject]) -> Connected:
    custom = {one.name: [name for name in one.fields if name.startswith("cust")] for one in objects}
    fake = FakeNetsuite(custom=custom)
    fake.public_key = key_pair()[1]
    return Connected(fake, {"NETSUITE_CLIENT_ID": fake.client[0], "NETSUITE_CERTIFICATE_ID": fake.client[1]})


def odoo(objects: Iterable[SystemObject]) -> Connected:
    fake = empty_database(database="acme")
    for one in objects:
        known = fake.fields[one.name]
        known |= {name: "char" for name in one.fields if name.startswith("x_") and name not in known}
    return Connected(fake, {"ODOO_API_KEY": fake.key})


def erpnext(objects: Iterable[SystemObject]) -> Connected:
    fake = empty_site()
    for one in objects:
        fake.fields[one.name] |= {name for name in one.fields if name.startswith("custom_")}
    key, secret = fake.key.split(":")
    return Connected(fake, {"ERPNEXT_API_KEY": key, "ERPNEXT_API_SECRET": secret})


def quickbooks(objects: Iterable[SystemObject]) -> Connected:
    del objects
    fake = FakeQuickbooks(realm="9130350000000000")
    variables = {"CLIENT_ID": fake.client[0], "CLIENT_SECRET": fake.client[1], "US_REFRESH_TOKEN": "refresh-0"}
    named = {f"QUICKBOOKS_{name}": value for name, value in variables.items()}
    return Connected(fake, named, ("address", "sign_in_address"))


@pytest.mark.parametrize("connect", [salesforce, hubspot, netsuite, odoo, erpnext, quickbooks])
def test_who_follows_a_page_can_check_the_source(
    tmp_path: Path, connect: Callable[[Iterable[SystemObject]], Connected]
) -> None:
    """A newcomer has the page and nothing else: what it shows must be accepted as it is written."""
    kind = connect.__name__
    (block,) = blocks(kind, "sources")
    (name,) = YAML(typ="safe").load(block)["sources"]
    (tmp_path / "mappings").mkdir()
    mapping = tmp_path / "mappings" / f"{kind}.yaml"
    YAML().dump({"objects": mapping_of(kind)}, mapping)
    connected = connect(mapped_objects(kind, mapping))
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "netsuite-key.pem").write_text(key_pair()[0], encoding="ascii")
    (tmp_path / "plumbline.yaml").write_text(f"{COMPANY}\n{block}", encoding="utf-8")
    settings = load_settings(tmp_path / "plumbline.yaml", connected.variables)
    source = settings.sources[name]
    assert isinstance(source, ApiSource)
    assert (source.kind, source.mapping) == (kind, mapping)
    with serving(connected.fake) as address:
        answered = source.model_copy(update=dict.fromkeys(connected.addresses, address))
        check = check_source(settings.model_copy(update={"sources": {name: answered}}), name)
    assert [(file.file_name, file.refusal) for file in check.files if file.refusal] == []
    assert {file.file_name for file in check.files} == {one.name for one in mapped_objects(kind, mapping)}


def test_who_follows_the_page_of_postgresql_has_settings_and_a_mapping(tmp_path: Path) -> None:
    """The server itself is asked in the tests of the connector."""
    (block,), (files,) = blocks("postgresql", "sources"), blocks("postgresql", "files")
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "erp.yaml").write_text(files, encoding="utf-8")
    (tmp_path / "plumbline.yaml").write_text(f"{COMPANY}\n{block}", encoding="utf-8")
    source = load_settings(tmp_path / "plumbline.yaml", {"ERP_PASSWORD": "secret"}).sources["erp"]
    assert isinstance(source, PostgresqlSource)
    assert source.mapping is not None
    assert [entry.match for entry in load_mapping(source.mapping, default_entity="FI01").files] == ["Ledger Invoices"]


def test_who_follows_the_page_of_files_has_settings_and_a_mapping(tmp_path: Path) -> None:
    """A budget in a workbook is most companies' first source."""
    (block,), (files,) = blocks("files", "sources"), blocks("files", "files")
    (tmp_path / "plan.yaml").write_text(files, encoding="utf-8")
    (tmp_path / "plumbline.yaml").write_text(f"{COMPANY}\n{block}", encoding="utf-8")
    settings = load_settings(tmp_path / "plumbline.yaml", {})
    assert settings.ids_of["plan"] == "erp"
    assert [entry.entity.name for entry in load_mapping(tmp_path / "plan.yaml").files] == ["budget_line", "target"]


@pytest.mark.parametrize("example", sorted(path.parent.name for path in (ROOT / "examples").glob("*/plumbline.yaml")))
def test_the_settings_and_mappings_of_every_example_are_accepted(example: str) -> None:
    """An example that is refused teaches the wrong thing. Its data is not here."""
    folder = ROOT / "examples" / example
    settings = load_settings(folder / "plumbline.yaml", {"TRYTON_ADDRESS": "postgresql:///tryton"})
    for source in settings.sources.values():
        if isinstance(source, PostgresqlSource):
            views = re.findall(
                r"^create view (?!tryton_)(\w+)", (folder / "views.sql").read_text("utf-8"), re.MULTILINE
            )
            assert len(views) == 18
            assert set(views) <= {entry.match for entry in contract_mapping(ending="").files}
            continue
        assert isinstance(source, FileSource)
        assert source.mapping is not None
        assert load_mapping(source.mapping, default_entity="main").files


def test_the_page_of_tryton_connects_as_its_example_does() -> None:
    """The server itself is asked in the deep tests."""
    (block,) = blocks("tryton", "sources")
    example = YAML(typ="safe").load(ROOT / "examples" / "tryton" / "plumbline.yaml")
    assert YAML(typ="safe").load(block)["sources"] == example["sources"]
