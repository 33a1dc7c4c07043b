"""Names that are alike are proposed with how sure that is; what people or other keys rule out is not."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz import process
from rapidfuzz.distance import Indel, JaroWinkler

from pipelines.statistics.record_linkage.likeness import alike_pairs, name_scores
from pipelines.statistics.record_linkage.names import in_order, latin, numbers_in

COLUMNS = ["side", "record_id", "group_id", "name_key", "country_key", "tax_number", "is_open"]
NOBODY = pl.DataFrame(schema={"account_id": pl.String, "customer_id": pl.String})


def record(record_id: str, name: str | None, country: str | None = "FI", **more: object) -> tuple[object, ...]:
    side = "account" if record_id.startswith("a") else "customer"
    given = {"group_id": record_id, "tax_number": None, "is_open": True} | more
    return (side, record_id, given["group_id"], name, country, given["tax_number"], given["is_open"])


def pairs(*records: tuple[object, ...], ruled_out: pl.DataFrame = NOBODY) -> dict[tuple[str, str], tuple[float, float]]:
    table = pl.DataFrame(records, schema=COLUMNS, orient="row")
    return {(r[0], r[1]): (r[2], r[4]) for r in alike_pairs(table, ruled_out).rows()}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ＡＢＣ　１２", "abc 12"),
        ("Müller Größe", "muller grosse"),
        ("Насос Север", "nasos sever"),
        ("Αντλίες", "antlies"),
        ("ﬁne ㈱", "fine zhu"),
        ("شرکت ۱۲", "shrkht 12"),
        ("  ", ""),
    ],
)
def test_names_of_every_script_are_compared_in_one_alphabet(one: str, other: str) -> None:
    """The ERP in Helsinki and the CRM in Sofia write one customer in two alphabets."""
    assert latin(one) == other


@settings(deadline=None, max_examples=80)
@given(name=st.text(max_size=30))
def test_a_name_in_latin_is_its_own_and_has_only_words(name: str) -> None:
    words = latin(name)
    assert latin(words) == words
    assert all(word.isascii() and word.isalnum() for word in words.split())
    assert in_order(in_order(words)) == in_order(words)


def test_the_score_is_the_mean_of_the_two_published_measures() -> None:
    """DWAYNE and DUANE: Jaro-Winkler .84 (Winkler 1990); 4 letters in common order of 6 + 5: 2 x 4 / 11 = .7273."""
    assert name_scores(pl.Series(["dwayne"]), pl.Series(["duane"])).tolist() == [pytest.approx((0.84 + 8 / 11) / 2)]


def test_turned_words_are_the_same_name_and_a_dropped_letter_is_nearly_so() -> None:
    found = pairs(record("a1", "nordic pumps"), record("c1", "pumps nordic"), record("c2", "nrdic pumps"))
    assert found["a1", "c1"][0] == 1
    assert 0.9 < found["a1", "c2"][0] < 1


def test_a_rival_takes_the_margin_unless_it_is_the_same_company() -> None:
    """Two accounts that look alike: whoever takes the first one books half the deals on the wrong customer."""
    twins = (record("a1", "nordic pumps"), record("a2", "nordic pump"), record("c1", "nordic pumps"))
    score, margin = pairs(*twins)["a1", "c1"]
    assert (score, margin < 0.05) == (1, True)
    known_as_one = (record("a1", "nordic pumps", group_id="a1"), record("a2", "nordic pump", group_id="a1"), twins[2])
    assert pairs(*known_as_one)["a1", "c1"] == (1, 1)
    one_account = (record("a1", "nordic pumps"), record("c1", "nordic pumps"), record("c2", "nordic pump"))
    assert pairs(*one_account)["a1", "c1"][1] < 0.05, "an account that two customers look like is as doubtful"


def test_a_rejected_pair_does_not_come_back_and_rivals_nobody() -> None:
    """Who is asked the same question every Monday stops answering."""
    rejected = pl.DataFrame({"account_id": ["a2"], "customer_id": ["c1"]})
    given = (record("a1", "nordic pumps"), record("a2", "nordic pump"), record("c1", "nordic pumps"))
    assert pairs(*given, ruled_out=rejected) == {("a1", "c1"): (1, 1)}


@pytest.mark.parametrize(
    ("account", "customer"),
    [
        (record("a1", "acme", tax_number="12345"), record("c1", "acme", tax_number="54321")),
        (record("a1", "acme", "FI"), record("c1", "acme", "SE")),
        (record("a1", "acme", is_open=False), record("c1", "acme", is_open=False)),
        (record("a1", None), record("c1", "acme")),
        (record("a1", "acme"), record("c1", "zebra")),
    ],
    ids=["two tax numbers", "two countries", "both have a counterpart", "no name", "another name"],
)
def test_what_rules_a_pair_out(account: tuple[object, ...], customer: tuple[object, ...]) -> None:
    assert pairs(account, customer) == {}


def test_other_numbers_are_another_company_and_an_unknown_country_is_less_sure() -> None:
    assert numbers_in("works 02 7") == "2 7"
    assert pairs(record("a1", "store 12"), record("c1", "store 13"))["a1", "c1"][0] <= 0.9
    assert pairs(record("a1", "store 12"), record("c1", "store 12", None))["a1", "c1"][0] == pytest.approx(0.98)


def test_what_blocking_leaves_out_is_not_likely() -> None:
    """Against every pair compared with every other: nothing of .95 or more may be missed."""
    draw = np.random.default_rng(3)
    syllables = ["pum", "nor", "dic", "ste", "el", "bal", "tic", "wo", "rks", "gla", "ss", "fin", "ex", "po"]

    def name() -> str:
        return " ".join("".join(draw.choice(syllables, draw.integers(1, 4))) for _ in range(draw.integers(1, 4)))

    def typed(text: str) -> str:
        at = int(draw.integers(len(text)))
        return text[:at] + text[at + 1 :] if draw.random() < 0.7 else text

    names = [name() for _ in range(400)]
    accounts = [record(f"a{at:03}", text) for at, text in enumerate(names)]
    customers = [record(f"c{at:03}", typed(text)) for at, text in enumerate(names)]
    found = {key for key, (score, _) in pairs(*accounts, *customers).items() if score >= 0.95}
    left, right = [in_order(latin(r[3])) for r in accounts], [in_order(latin(str(r[3]))) for r in customers]
    every = (
        process.cdist(left, right, scorer=JaroWinkler.normalized_similarity, dtype=np.float64)
        + process.cdist(left, right, scorer=Indel.normalized_similarity, dtype=np.float64)
    ) / 2
    alike = {
        (f"a{a:03}", f"c{c:03}")
        for a, c in np.argwhere(every >= 0.95).tolist()
        if numbers_in(left[a]) == numbers_in(right[c])
    }
    assert len(alike) > 200
    assert len(alike - found) <= len(alike) // 200


def test_rows_in_another_order_give_the_same_pairs() -> None:
    given = [record(f"{side}{at}", f"company {at % 7} north{at}") for at in range(20) for side in "ac"]
    once = pairs(*given)
    assert pairs(*reversed(given)) == once
    assert once
