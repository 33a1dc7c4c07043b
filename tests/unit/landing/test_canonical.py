"""The contract of the seam as values."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.canonical import CanonicalError, load_canonical, nearest


def test_the_contract_is_read_whole() -> None:
    """Everything downstream is checked against this list."""
    entities = load_canonical()
    assert entities["journal_line"].document == "journal_id"
    assert entities["budget_line"].key == (
        "budget_version",
        "entity_id",
        "account_code",
        "cost_centre_code",
        "period_on",
    )
    assert entities["deal"].column("amount_doc").scale == 2
    assert entities["deal"].column("deal_id").scale is None
    nullable = {(e.name, name) for e in entities.values() for name in e.key if e.column(name).nullable}
    assert nullable == {
        ("account_balance", "department_code"),
        ("department", "valid_from_on"),
        ("cost_centre", "valid_from_on"),
        ("account_group", "valid_from_on"),
    }, "no department, and valid since ever, are keys of their own: most ledgers have no more"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("data_type: varchar", "data_type: float"), "data_type 'float'; allowed: varchar"),
        (("key: [a_id]", "key: [b_id]"), "names b_id, which is not one of its columns"),
        (("references: a", "references: z"), "references z, which is no entity"),
        (("models:", "models: ["), "is not valid YAML"),
    ],
)
def test_a_broken_contract_is_refused_with_its_place(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    """A float in the contract would be money in floats everywhere."""
    text = """
models:
  - name: int_as
    description: One row per a.
    config: {meta: {entity: a, side: core, key: [a_id]}}
    columns:
      - {name: a_id, data_type: varchar, description: Id., config: {meta: {kind: id, nullable: false, references: a}}}
"""
    path = tmp_path / "_canonical.yml"
    path.write_text(text)
    assert list(load_canonical(path)) == ["a"]
    broken = tmp_path / "broken.yml"
    broken.write_text(text.replace(*change))
    with pytest.raises(CanonicalError, match=says.replace("[", r"\[")):
        load_canonical(broken)


def test_the_nearest_name_is_offered_and_a_far_one_is_not() -> None:
    """A suggestion that is wrong is worse than none."""
    assert nearest("amount_docs", ("amount_doc", "name")) == "amount_doc"
    assert nearest("Ammount", ["Amount", "Name"]) == "Amount"
    assert nearest("zzz", ("amount_doc", "name")) is None
