"""A company's documents, promises and flows, from the rows of the dbt models to the arrays that are computed with.

Belongs here: codes for counterparties and groups, days as numbers. Does not: forecasts. Column names are those of
int_payment_documents, int_payment_settlements, int_cash_promises, int_cash_flows, int_cash_entities.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from pipelines.statistics.payment_timing.documents import NEVER, Documents, Flags, Floats, Ints, Settlements

EPOCH = date(1970, 1, 1)
LAYERS = ("receivables", "payables")
PAYABLE_PROMISES = ("purchase_orders",)
"""Layers of promises that are paid; the others are received."""
DOCUMENT_KEY = ("document_type", "document_id", "instalment_no")


@dataclass(frozen=True, slots=True)
class Company:
    """Documents and promises of orders and deals in one list, promises last; they are issued after the as-of day.

    rows: what else is known of each, in the same order. open_cents, open_doc_cents: what is open or promised.
    groups: (layer, entity), the place of a document's group in this list.
    """

    as_of: int
    rows: pl.DataFrame
    documents: Documents
    settlements: Settlements
    groups: tuple[tuple[str, str], ...]
    open_cents: Floats
    open_doc_cents: Floats
    promised_from: int
    entities: pl.DataFrame
    flows: pl.DataFrame

    @property
    def existing(self) -> Documents:
        """The documents without the promises."""
        return Documents(
            *(getattr(self.documents, name)[: self.promised_from] for name in Documents.__dataclass_fields__)
        )  # fmt: skip

    def of_layer(self, layer: str, *, most: int | None = None) -> tuple[Documents, Settlements]:
        """The documents of one layer and what settled them; groups keep their places. Of more than `most`, those of
        every second, third .. counterparty."""
        existing, settled = self.existing, self.settlements
        mine = self.kept_of_layer(layer, most=most)
        place = np.cumsum(mine) - 1
        kept = mine[settled.document]
        documents = Documents(*(getattr(existing, name)[mine] for name in Documents.__dataclass_fields__))
        return documents, Settlements(
            place[settled.document[kept]], settled.day[kept], settled.amount[kept], settled.is_payment[kept]
        )

    def kept_of_layer(self, layer: str, *, most: int | None = None) -> Flags:
        """Which of the existing documents `of_layer` takes."""
        existing = self.existing
        is_taken = existing.party % self.step_of_layer(layer, most=most) == 0
        return np.asarray(np.isin(existing.group, self.groups_of(layer)) & is_taken, dtype=np.bool_)

    def step_of_layer(self, layer: str, *, most: int | None = None) -> int:
        """Every so many counterparties are taken: one in one unless there are more than `most` documents."""
        count = int(np.isin(self.existing.group, self.groups_of(layer)).sum())
        return 1 if most is None or count <= most else -(-count // most)

    def groups_of(self, layer: str) -> list[int]:
        return [place for place, (name, _) in enumerate(self.groups) if name == layer]


def days_of(column: pl.Series) -> Ints:
    """Dates as days since 1970."""
    return column.cast(pl.Date).cast(pl.Int32).to_numpy().astype(np.int64)


def _days_or_never(column: pl.Series) -> Ints:
    return column.cast(pl.Date).cast(pl.Int64).fill_null(NEVER).to_numpy()


def date_of(day: int) -> date:
    return EPOCH + timedelta(days=int(day))


def read_company(
    documents: pl.DataFrame,
    settlements: pl.DataFrame,
    promises: pl.DataFrame,
    flows: pl.DataFrame,
    entities: pl.DataFrame,
    *,
    as_of: date,
) -> Company:
    """From the rows of the models. Documents are put in the order of their keys, so that no result depends on it."""
    existing = documents.select(
        "layer",
        "entity_id",
        *DOCUMENT_KEY,
        "counterparty_id",
        "segment",
        "currency",
        "bank_account_id",
        "issued_on",
        "due_on",
        "disputed_on",
        "dispute_ended_on",
        amount=pl.col("gross_rpt").cast(pl.Float64),
        open_cents=(pl.col("open_rpt").fill_null(0) * 100).cast(pl.Int64),
        open_doc_cents=(pl.col("open_doc").fill_null(0) * 100).cast(pl.Int64),
        flow_layer=pl.col("layer"),
        chance=pl.lit(1.0),
    ).sort("layer", *DOCUMENT_KEY)
    promised = promises.select(
        pl.when(pl.col("layer").is_in(PAYABLE_PROMISES))
        .then(pl.lit("payables"))
        .otherwise(pl.lit("receivables"))
        .alias("layer"),
        "entity_id",
        "document_type",
        "document_id",
        pl.col("part_no").cast(existing["instalment_no"].dtype).alias("instalment_no"),
        "counterparty_id",
        "segment",
        "currency",
        "bank_account_id",
        "issued_on",
        "due_on",
        pl.lit(None).cast(pl.Date).alias("disputed_on"),
        pl.lit(None).cast(pl.Date).alias("dispute_ended_on"),
        amount=pl.col("amount_rpt").cast(pl.Float64),
        open_cents=(pl.col("amount_rpt") * 100).cast(pl.Int64),
        open_doc_cents=(pl.col("amount_doc") * 100).cast(pl.Int64),
        flow_layer=pl.col("layer"),
        chance=pl.col("chance_ratio").cast(pl.Float64),
    ).sort("flow_layer", "document_type", "document_id", "instalment_no")
    rows = pl.concat([existing, promised], how="vertical_relaxed")
    ids = sorted(entities["entity_id"].to_list())
    groups = tuple((layer, entity) for layer in LAYERS for entity in ids)
    place = pl.DataFrame(
        {"layer": [layer for layer, _ in groups], "entity_id": [entity for _, entity in groups]}
    ).with_row_index("group")
    rows = rows.join(place, on=["layer", "entity_id"], how="inner", maintain_order="left")
    numbered = rows.with_row_index("document")
    joined = settlements.join(
        numbered.head(existing.height).select("document", *DOCUMENT_KEY), on=list(DOCUMENT_KEY), how="inner"
    ).sort("document", "settled_on", "is_payment")
    return Company(
        as_of=(as_of - EPOCH).days,
        rows=rows,
        documents=Documents(
            party=_codes(rows, ["layer", "counterparty_id"]),
            segment=_codes(rows, ["layer", "segment"]),
            group=rows["group"].to_numpy().astype(np.int64),
            issued=days_of(rows["issued_on"]),
            due=days_of(rows["due_on"]),
            amount=rows["amount"].to_numpy(),
            disputed_from=_days_or_never(rows["disputed_on"]),
            disputed_until=_days_or_never(rows["dispute_ended_on"]),
        ),
        settlements=Settlements(
            document=joined["document"].to_numpy().astype(np.int64),
            day=days_of(joined["settled_on"]),
            amount=joined["amount_rpt"].cast(pl.Float64).to_numpy(),
            is_payment=joined["is_payment"].to_numpy(),
        ),
        groups=groups,
        open_cents=rows["open_cents"].to_numpy().astype(np.float64),
        open_doc_cents=rows["open_doc_cents"].to_numpy().astype(np.float64),
        promised_from=existing.height,
        entities=entities.sort("entity_id"),
        flows=_flows(flows.filter(pl.col("entity_id").is_in(ids))),
    )


def _flows(flows: pl.DataFrame) -> pl.DataFrame:
    """Dated flows with amounts in cents, in the order of their keys."""
    return flows.select(
        "layer",
        "category",
        "entity_id",
        "currency",
        "bank_account_id",
        "document_type",
        "document_id",
        pl.col("instalment_no").cast(pl.Int32),
        "counterparty_id",
        "expected_on",
        doc_cents=(pl.col("amount_doc").fill_null(0) * 100).cast(pl.Int64),
        rpt_cents=(pl.col("amount_rpt") * 100).cast(pl.Int64),
        flow_layer=pl.col("layer"),
    ).sort("layer", "entity_id", *DOCUMENT_KEY, "expected_on", "rpt_cents", nulls_last=True)


def _codes(rows: pl.DataFrame, columns: list[str]) -> Ints:
    """Places in the sorted list of distinct values; a missing counterparty is one of its own."""
    distinct = rows.select(columns).unique().sort(columns, nulls_last=True).with_row_index("code")
    joined = rows.join(distinct, on=columns, how="left", nulls_equal=True, maintain_order="left")
    return joined["code"].to_numpy().astype(np.int64)
