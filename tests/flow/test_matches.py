"""`plumbline matches`: the queue, decisions by command and by file, and how well records were joined without people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from company.errors import MatchDecisionError
from company.match_decisions import read_decisions
from company.settings import Settings
from pipelines.cli import app
from pipelines.matches import decision, decisions_of_file, known_records, published_marts, read_pairs, scores, waiting
from pipelines.publish.inputs import landed_batches, published_from, run_inputs
from pipelines.publish.versions import last_seen


def call(settings: Settings, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    monkeypatch.setenv("PLUMBLINE_CONFIG", str(settings.file))
    result = CliRunner().invoke(app, ["matches", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def known_pairs(settings: Settings) -> tuple[tuple[str, str], ...]:
    truth = settings.folders.root / "sample" / "truth" / "matches.csv"
    return read_pairs(truth, account="crm_account_id", customer="customer_no", prefixes=("crm:", "erp:"))


def first_pair(settings: Settings) -> tuple[str, str]:
    with published_marts(settings.folders) as marts:
        (first,) = waiting(marts, band=None, most=1)  # the messy sample has names that are alike
    return first["crm_account_id"], first["customer_id"]


@pytest.mark.parametrize("company", ["sample_company", "messy_company"])
def test_what_is_joined_without_people_is_right_at_two_seeds(company: str, request: pytest.FixtureRequest) -> None:
    """A wrong match gives one customer's margin to another one's deals: at most one in a hundred."""
    settings: Settings = request.getfixturevalue(company)
    with published_marts(settings.folders) as marts:
        found = scores(marts, known_pairs(settings))
    assert found.unknown == 0
    assert found.known > 50
    assert found.together.precision is not None
    assert found.together.precision >= 0.99, found.wrong
    assert found.recall is not None
    assert found.recall >= 0.95


def test_scores_count_what_is_wrong_missed_and_unknown(sample_company: Settings) -> None:
    """Against pairs of which one is left out, one is turned and one is invented, every count moves by one."""
    true = known_pairs(sample_company)
    with published_marts(sample_company.folders) as marts:
        whole, fewer = scores(marts, true), scores(marts, true[1:])
        invented = scores(marts, [*true, ("crm:none", "erp:none")])
    assert fewer.known == whole.known - 1
    assert len(fewer.wrong) == len(whole.wrong) + 1
    assert fewer.together.right == whole.together.right - 1
    assert (invented.known, invented.unknown) == (whole.known, 1)


def test_the_queue_is_listed_by_money_and_a_decision_enters_the_log(
    copied_messy_company: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the queue to the decision without opening a database."""
    settings = copied_messy_company
    listed: list[dict[str, Any]] = json.loads(call(settings, monkeypatch, "list", "--json"))
    assert [row["queue_no"] for row in listed] == list(range(1, len(listed) + 1))
    account, customer = listed[0]["crm_account_id"], listed[0]["customer_id"]
    assert f"1: accept {account} = {customer} by aino" in call(
        settings, monkeypatch, "accept", customer, account, "--by", "aino"
    )
    call(settings, monkeypatch, "undo", "1", "--reason", "two companies", "--by", "timo")
    call(settings, monkeypatch, "reject", account, customer, "--reason", "two companies")
    log = json.loads(call(settings, monkeypatch, "log", "--json"))
    assert [(row["action"], row["undone_no"]) for row in log] == [("accept", None), ("undo", 1), ("reject", None)]
    assert "(undone by 2)" in call(settings, monkeypatch, "log")
    asked = {"as_of": last_seen(settings.folders).as_of, "batches": landed_batches(settings)}  # type: ignore[union-attr]
    assert published_from(settings.folders, run_inputs(settings, **asked)) is None, "a decision is a reason to run"


def test_a_file_of_decisions_is_taken_whole_or_not_at_all(
    copied_messy_company: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = copied_messy_company
    account, customer = first_pair(settings)
    file = tmp_path / "decisions.csv"
    rows = ["action,record,other,reason", f"accept,{account},{customer},", f"split,{account},,sold", f",{account},,"]
    file.write_text("\n".join([*rows, "reject,crm:nobody,erp:nobody,x", f"reject,{account},{account},x"]) + "\n")
    with published_marts(settings.folders) as marts:
        records = known_records(marts)
    with pytest.raises(MatchDecisionError) as refused:
        decisions_of_file(file, records)
    assert "decisions.csv, line 5: reject: crm:nobody, erp:nobody: no such account or customer" in str(refused.value)
    assert "line 6" in str(refused.value)
    assert read_decisions(settings.folders) == ()
    file.write_text("\n".join(rows) + "\n")
    call(settings, monkeypatch, "apply", str(file), "--by", "aino")
    assert [taken.decision.action for taken in read_decisions(settings.folders)] == ["accept", "split"]


def test_two_records_of_one_side_are_merged_and_parted_by_a_split(sample_company: Settings) -> None:
    with published_marts(sample_company.folders) as marts:
        records = known_records(marts)
    first, second = sorted(name for name, sides in records.items() if sides == ("account",))[:2]
    merged = decision("accept", second, first, reason="", records=records)
    assert (merged.action, merged.side, merged.record_id, merged.other_record_id) == ("merge", "account", first, second)
    with pytest.raises(MatchDecisionError, match=r"both are accounts; `plumbline matches split` parts them"):
        decision("reject", first, second, reason="x", records=records)
    with pytest.raises(MatchDecisionError, match="to part an account from a customer: reject"):
        decision("split", first, second, reason="x", records=records)
