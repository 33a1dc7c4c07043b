"""How alike the names of two company records are, and how much more than those of any other candidate.

score = mean of two published measures on the transliterated names, words in alphabetical order: Jaro-Winkler, which
weighs the beginning of a name, and the normalised insertion-deletion distance, which weighs all of it. Numbers that
differ cap it. margin = score less the best score of either record with any *other* company: two records of one group
are no rivals. Where the margin is small the names do not tell which of them it is.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from rapidfuzz import process
from rapidfuzz.distance import Indel, JaroWinkler

from pipelines.statistics.record_linkage.blocking import candidate_pairs
from pipelines.statistics.record_linkage.names import in_order, latin, numbers_in

LEAST_SCORE = 0.80
"""Below it a pair is not worth a person's minute."""
OTHER_NUMBERS = 0.90
"""At most, where the numbers in two names differ."""
UNKNOWN_COUNTRY = 0.98
"""Factor where a country is not known: likeness confirmed by nothing."""
LIKENESS = {
    "account_id": pl.String,
    "customer_id": pl.String,
    "score": pl.Float64,
    "runner_up_score": pl.Float64,
    "margin": pl.Float64,
}
_RECORD = {
    "side": pl.String,
    "record_id": pl.String,
    "group_id": pl.String,
    "name_key": pl.String,
    "country_key": pl.String,
    "tax_number": pl.String,
    "is_open": pl.Boolean,
}


def alike_pairs(records: pl.DataFrame, ruled_out: pl.DataFrame) -> pl.DataFrame:
    """One row per pair of account and customer alike enough to be looked at, in the columns of LIKENESS.

    records: side (account, customer), record_id, group_id (records that are known to be one company share it),
    name_key, country_key, tax_number, is_open (has no counterpart yet). ruled_out: account_id, customer_id that people
    rejected; they are no rivals either. Two tax numbers of one country are two companies, whatever they are called.
    """
    known = records.select(pl.col(name).cast(kind) for name, kind in _RECORD.items())
    known = known.filter(pl.col("name_key").is_not_null()).with_columns(
        words=pl.col("name_key").map_elements(latin, return_dtype=pl.String)
    )
    known = known.with_columns(
        ordered=pl.col("words").map_elements(in_order, return_dtype=pl.String),
        numbers=pl.col("words").map_elements(numbers_in, return_dtype=pl.String),
    ).filter(pl.col("words") != "")
    accounts, customers = known.filter(pl.col("side") == "account"), known.filter(pl.col("side") == "customer")
    if accounts.is_empty() or customers.is_empty():
        return pl.DataFrame(schema=LIKENESS)
    pairs = candidate_pairs(accounts, customers)
    if not ruled_out.is_empty():
        pairs = pairs.join(ruled_out, on=["account_id", "customer_id"], how="anti")
    keys = ("ordered", "numbers", "country_key", "tax_number", "group_id")
    pairs = pairs.join(accounts.select("record_id", *keys), left_on="account_id", right_on="record_id").join(
        customers.select("record_id", *keys), left_on="customer_id", right_on="record_id", suffix="_customer"
    )
    pairs = pairs.filter((pl.col("tax_number") == pl.col("tax_number_customer")).fill_null(value=True))
    if pairs.is_empty():
        return pl.DataFrame(schema=LIKENESS)
    scored = pairs.with_columns(score=pl.Series(name_scores(pairs["ordered"], pairs["ordered_customer"])))
    scored = scored.with_columns(
        score=pl.when(pl.col("numbers") != pl.col("numbers_customer"))
        .then(pl.min_horizontal("score", pl.lit(OTHER_NUMBERS)))
        .otherwise(pl.col("score"))
        * pl.when(pl.col("country_key") == pl.col("country_key_customer")).then(1.0).otherwise(UNKNOWN_COUNTRY)
    )
    ranked = scored.with_columns(
        runner_up_score=pl.max_horizontal(
            _best_of_others(scored, "customer_id", "group_id"),
            _best_of_others(scored, "account_id", "group_id_customer"),
        )
    )
    return (
        ranked.filter(pl.col("score") >= LEAST_SCORE)
        .with_columns(margin=pl.col("score") - pl.col("runner_up_score"))
        .select(*LIKENESS)
        .sort("score", "account_id", "customer_id", descending=[True, False, False])
    )


def name_scores(left: pl.Series, right: pl.Series) -> np.ndarray:
    """The score of each pair of names, 0 to 1. Both are latin, with words in order."""
    given = (left.to_list(), right.to_list())
    beginnings = process.cpdist(*given, scorer=JaroWinkler.normalized_similarity, dtype=np.float64)
    wholes = process.cpdist(*given, scorer=Indel.normalized_similarity, dtype=np.float64)
    return np.asarray((beginnings + wholes) / 2)


def _best_of_others(scored: pl.DataFrame, record: str, company: str) -> pl.Series:
    # The best of each record with each company, then for every pair the best with another company than its own.
    best = scored.group_by(record, company).agg(pl.col("score").max())
    ordered = best.sort("score", company, descending=[True, False]).group_by(record, maintain_order=True)
    tops = ordered.agg(
        top=pl.col(company).first(),
        first=pl.col("score").first(),
        second=pl.col("score").get(1, null_on_oob=True),
    )
    joined = scored.select(record, company).join(tops, on=record, how="left", maintain_order="left")
    rival = pl.when(pl.col(company) == pl.col("top")).then(pl.col("second")).otherwise(pl.col("first"))
    return joined.select(rival.fill_null(0.0).alias("rival"))["rival"]
