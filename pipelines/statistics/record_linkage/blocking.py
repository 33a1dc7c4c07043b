"""Which pairs are worth comparing: records that share the beginning or the end of a word in one country.

Comparing all with all grows with the square of the records. A piece of a word that very many share ("inte" of
international) tells nothing and is left out; the beginning of the whole name, run together, nearly always stays.
"""

from __future__ import annotations

import polars as pl

PIECE = 4
WHOLE = 6
MOST_PAIRS_PER_PIECE = 20_000
"""A piece that makes more pairs than this is left out: its records meet through rarer pieces."""


def pieces(records: pl.DataFrame) -> pl.DataFrame:
    """Rows of record_id, country_key, is_open and piece. `records` has these and `words`, a latin name."""
    words = records.select("record_id", "country_key", "is_open", word=pl.col("words").str.split(" ")).explode("word")
    words = words.filter(pl.col("word").str.len_chars() >= 2)
    whole = records.with_columns(word=pl.col("words").str.replace_all(" ", "", literal=True))
    kept = ("record_id", "country_key", "is_open")
    return (
        pl.concat(
            [
                words.select(*kept, piece=pl.format("<{}", pl.col("word").str.head(PIECE))),
                words.select(*kept, piece=pl.format("{}>", pl.col("word").str.tail(PIECE))),
                whole.select(*kept, piece=pl.format("<<{}", pl.col("word").str.head(WHOLE))),
            ]
        )
        .filter(pl.col("piece").str.len_chars() > 2)
        .unique(maintain_order=True)
    )


def candidate_pairs(accounts: pl.DataFrame, customers: pl.DataFrame) -> pl.DataFrame:
    """Pairs of account_id and customer_id, each once, of which at least one is open.

    Countries must be equal, or unknown on one side. Both tables: record_id, words, country_key (may be null), is_open.
    """
    left, right = pieces(accounts), pieces(customers)
    found = [
        _met(left, right.filter("is_open"), on=["piece", "country_key"]),
        _met(left.filter("is_open"), right, on=["piece", "country_key"]),
        _met(left.filter(pl.col("country_key").is_null()), right, on=["piece"]),
        _met(left, right.filter(pl.col("country_key").is_null()), on=["piece"]),
    ]
    return pl.concat(found).unique().sort("account_id", "customer_id")


def _met(left: pl.DataFrame, right: pl.DataFrame, *, on: list[str]) -> pl.DataFrame:
    counts = left.group_by(on).len("lefts").join(right.group_by(on).len("rights"), on=on)
    telling = counts.filter(pl.col("lefts").cast(pl.Int64) * pl.col("rights") <= MOST_PAIRS_PER_PIECE)
    return (
        left.join(telling.select(on), on=on, how="semi")
        .join(right, on=on, suffix="_other")
        .filter(pl.col("is_open") | pl.col("is_open_other"))
        .select(account_id="record_id", customer_id="record_id_other")
        .unique()
    )
