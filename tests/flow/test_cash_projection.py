"""The cash projection of the published sample company: what it promises, and what it must not know."""

from __future__ import annotations

import csv
import shutil
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from cash_frames import Frames, cash_frames, company_of

from company.settings import Settings
from company.versions import current_version
from dashboards.published import current
from pipelines.publish.errors import ScenarioError
from pipelines.publish.scenarios import (
    compared_scenarios,
    keep_scenario,
    kept_scenarios,
    load_scenarios,
    remove_scenario,
    scenarios_hash,
)
from pipelines.statistics.cash.accuracy import accuracy_rows, learned_from
from pipelines.statistics.cash.company_frames import Company, read_company
from pipelines.statistics.cash.projection import projected_lines
from pipelines.statistics.cash.purchase_orders import read_purchase_orders
from pipelines.statistics.cash.rolling import backtest, rolling_origins
from pipelines.statistics.cash.scenarios import Edit
from pipelines.statistics.payment_timing.documents import as_known
from pipelines.statistics.payment_timing.lateness import fit_lateness


def rows(settings: Settings, sql: str) -> list[dict[str, Any]]:
    published = current(settings.folders, None)
    assert published is not None
    found: list[dict[str, Any]] = published.cursor().sql(sql).to_arrow_table().to_pylist()
    return found


@pytest.fixture(scope="module")
def frames(sample_company: Settings) -> Frames:
    return cash_frames(sample_company)


@pytest.fixture(scope="module")
def company(frames: Frames) -> Company:
    return company_of(frames)


def test_habits_beat_due_dates_by_a_third_and_bands_of_eighty_hold_eighty(sample_company: Settings) -> None:
    """The figures that the product is bought for, over a year of weekly origins."""
    found = {
        (row["method"], row["layer"], row["horizon"]): row
        for row in rows(
            sample_company,
            "select method, layer, horizon, origins_count, wape_ratio, total_wape_ratio, coverage_ratio"
            " from finance.fct_cash_projection_scores where horizon in ('1-4', '1-13')",
        )
    }
    for layer in ("receivables", "payables"):
        chosen, rival = found["payment_history", layer, "1-4"], found["due_date", layer, "1-4"]
        assert chosen["origins_count"] >= 39
        assert chosen["wape_ratio"] < 0.7 * rival["wape_ratio"]
        assert chosen["total_wape_ratio"] < 0.7 * rival["total_wape_ratio"]
        assert 0.75 <= found["payment_history", layer, "1-13"]["coverage_ratio"] <= 0.85
    assert 0.75 <= found["payment_history", "receivables", "1-4"]["coverage_ratio"] <= 0.85


def test_no_origin_knows_what_came_after_it(company: Company, frames: Frames) -> None:
    """A published accuracy that peeks is a promise to break."""
    as_of = company.as_of - 7 * 20
    documents, settled = company.of_layer("receivables")
    origins = rolling_origins(documents, as_of=company.as_of, count=65)
    origins = origins[origins <= as_of]
    later = settled.day > as_of
    poisoned = type(settled)(
        settled.document,
        np.where(later, as_of + 1, settled.day),
        np.where(later, 100 * settled.amount, settled.amount),
        settled.is_payment,
    )
    arguments: dict[str, Any] = {"as_of": company.as_of, "origins": origins, "groups": len(company.groups)}
    true, fooled = backtest(documents, settled, **arguments), backtest(documents, poisoned, **arguments)
    assert np.allclose(true.blend, fooled.blend)
    for name in ("band", "total_band"):
        for side in ("low", "middle", "high"):
            assert np.allclose(getattr(getattr(true, name), side), getattr(getattr(fooled, name), side))
    # And these are the published figures, not others.
    published = frames["int_cash_accuracy"].filter(
        (pl.col("layer") == "receivables")
        & (pl.col("method") == "payment_history")
        & (pl.col("origin_on") <= date(1970, 1, 1) + timedelta(days=int(as_of)))
    )
    mine = company.groups_of("receivables")
    assert published["projected"].sum() == pytest.approx(true.blend[:, mine].sum())


def test_lateness_is_what_the_sample_was_made_with(company: Company, sample_company: Settings) -> None:
    """The sample knows how late each customer is on average: the estimate must find it again from invoices alone."""
    path = sample_company.root / "data" / "sample" / "truth" / "customers.csv"
    with path.open(encoding="utf-8", newline="") as file:
        truth = {row["customer_no"]: row for row in csv.DictReader(file)}
    documents = company.existing
    known = as_known(documents, company.settlements, origin=company.as_of, history_days=2000)
    counterparty = company.rows["counterparty_id"].to_list()
    payments = np.bincount(documents.party[known.event_document], minlength=int(documents.party.max()) + 1)
    first: dict[str, int] = {}
    for place in company.rows.with_row_index("place").filter(pl.col("layer") == "receivables")["place"].to_list():
        if place < company.promised_from:
            first.setdefault(str(counterparty[place]).removeprefix("erp:"), place)
    judged = [
        (number, place)
        for number, place in sorted(first.items())
        if number in truth and payments[documents.party[place]] >= 15 and truth[number]["takes_discount"] == "FALSE"
    ]
    assert len(judged) >= 8
    of = np.array([place for _, place in judged])
    lateness = fit_lateness(documents, known, of=of)
    # Mean lateness from the day of the invoice on: every day it is expected to be unpaid adds one.
    start = documents.issued[of] - known.effective_due[of]
    unpaid = np.stack([1 - lateness.paid_by(of, start, start + later) for later in range(300)], axis=1)
    estimated = start + unpaid.sum(axis=1)
    meant = np.array(
        [float(truth[number]["mean_days_late"]) - 2 * (truth[number]["habit"] == "prompt") for number, _ in judged]
    )
    assert np.median(np.abs(estimated - meant)) < 3
    assert np.corrcoef(estimated, meant)[0, 1] > 0.9
    regular = [(number, place) for number, place in judged if known.is_regular[place]]
    wanted = {number: int(truth[number]["pays_on_weekday"]) for number, _ in regular}
    due = {number: int((known.effective_due[place] + 3) % 7) for number, place in regular}
    assert regular
    assert due == wanted


def test_lines_add_up_to_the_projection_by_week_and_by_month(sample_company: Settings) -> None:
    """Bank account, currency and category are views of one projection: they must not tell another balance."""
    assert not rows(
        sample_company,
        "select scenario, entity_id, layer, week_on, sum(amount_rpt) as amount_rpt from ("
        " select scenario, entity_id, layer, week_on, amount_rpt from finance.fct_cash_projection"
        " where method = 'payment_history'"
        " union all select scenario, entity_id, layer, period_on, -amount_rpt"
        " from finance.fct_cash_projection_lines where period_kind = 'week')"
        " group by all having sum(amount_rpt) <> 0",
    )
    months = rows(
        sample_company,
        "select count(distinct month_on) as months, min(month_no) as first, max(month_no) as last"
        " from finance.fct_cash_projection_monthly",
    )[0]
    assert months == {"months": 18, "first": 0, "last": 17}


def test_bands_hold_their_middle_and_only_one_method_is_chosen(sample_company: Settings) -> None:
    """A page that draws the band must never draw it inside out, nor add two methods up."""
    assert not rows(
        sample_company,
        "select * from finance.fct_cash_projection_bands where not (p10_balance_rpt <= p50_balance_rpt"
        " and p50_balance_rpt <= p90_balance_rpt and below_minimum_ratio between 0 and 1"
        " and below_minimum_ratio <= below_minimum_so_far_ratio)",
    )
    methods = rows(sample_company, "select distinct method from finance.fct_cash_projection where is_chosen")
    assert methods == [{"method": "payment_history"}]


def test_every_version_keeps_what_it_expected(sample_company: Settings) -> None:
    """A forecast that is written over when it turns out wrong cannot be held to account."""
    version = current_version(sample_company.folders)
    path = sample_company.folders.history / "projections" / f"{version}.parquet"
    kept = duckdb.sql(f"select sum(amount_rpt) as total, count(*) as kept from read_parquet('{path}')").fetchall()[0]
    now = rows(
        sample_company,
        "select sum(amount_rpt) as total, count(*) as kept from finance.fct_cash_projection where scenario = 'base'",
    )[0]
    assert kept == (now["total"], now["kept"])


def test_scenarios_change_what_is_expected_and_nothing_that_is_known(company: Company, frames: Frames) -> None:
    """Thirty days later is thirty days later; the invoice stays what it is."""
    learned = learned_from(frames["int_cash_accuracy"])
    largest = (
        company.rows.head(company.promised_from)
        .filter((pl.col("layer") == "receivables") & (pl.col("open_cents") > 0))
        .group_by("counterparty_id")
        .agg(pl.col("open_cents").sum())
        .sort("open_cents", descending=True)["counterparty_id"][0]
    )
    scenarios = {
        "base": (),
        "slow": (Edit("slow", 1, "delay", customer_id=largest, days=30),),
        "less": (Edit("less", 1, "scale", layer="revenue", ratio=-0.2),),
    }
    lines = projected_lines(company, learned, scenarios).filter(pl.col("period_kind") == "week")
    invoices = lines.filter(pl.col("layer") == "receivables")
    totals = invoices.group_by("scenario").agg(pl.col("amount_rpt_cents").sum())
    assert totals["amount_rpt_cents"].n_unique() == 1  # later, not less

    def early(scenario: str, mine: bool) -> int:
        part = invoices.filter((pl.col("scenario") == scenario) & (pl.col("period_no") < 4))
        is_theirs = (pl.col("counterparty_id") == largest).fill_null(value=False)
        kept = part.filter(is_theirs if mine else ~is_theirs)
        return int(kept["amount_rpt_cents"].sum())

    assert early("slow", mine=True) < early("base", mine=True)
    assert early("slow", mine=False) == early("base", mine=False)
    new = lines.filter(pl.col("layer").is_in(["ordered", "pipeline", "baseline_receipts"]))
    sums = {row[0]: row[1] for row in new.group_by("scenario").agg(pl.col("amount_rpt_cents").sum()).iter_rows()}
    assert sums["less"] == pytest.approx(0.8 * sums["base"], rel=0.001)
    untouched = lines.filter(pl.col("layer").is_in(["bank", "payroll", "tax", "payables"]))
    assert untouched.group_by("scenario").agg(pl.col("amount_rpt_cents").sum())["amount_rpt_cents"].n_unique() == 1


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def keeping(sample_company: Settings, tmp_path: Path) -> Settings:
    """The sample company's published files under a history of its own, so that scenarios can be kept."""
    data = tmp_path / "data"
    version = current_version(sample_company.folders)
    assert version is not None
    (data / "published" / version).mkdir(parents=True)
    (data / "history").mkdir()
    for name in ("current", f"{version}/marts.duckdb"):
        shutil.copy(sample_company.folders.published / name, data / "published" / name)
    return sample_company.model_copy(update={"data": data})


@pytest.mark.parametrize(
    ("edits", "told"),
    [
        ('[{delay: {customer: "erp:2000001", days: 30}}]', r"edits\.0\.delay\.customer: no customer .*did you mean"),
        (
            "[{scale: {layer: sales, by: -0.2}}]",
            r"edits\.0\.scale\.layer: found 'sales'; allowed: receiv.*revenue",
        ),
        ("[{delay: {layer: revenue, days: 3}}]", r"edits\.0\.delay\.layer: found 'revenue'"),
        ("[{lose: {deal: nobody}}]", r"edits\.0\.lose\.deal: no open deal 'nobody'"),
        ("[{add: {layer: payroll, entity: XX, amount: -5, from: 2026-09-01}}]", r"no legal entity 'XX'"),
        ("[{delay: {days: 30}}]", r"edits\.0\.delay: found nothing to delay"),
        ("[{scale: {layer: tax}}]", r"edits\.0\.scale\.by: missing"),
        ("[{scale: {layer: tax, by: -2}}]", r"edits\.0\.scale\.by: found -2; allowed: a change such as -0\.2"),
        ("[{delay: {name: hire, days: 5}}]", r"edits\.0\.delay\.name: no earlier edit adds 'hire'"),
    ],
)
def test_a_scenario_that_names_what_nobody_knows_is_refused(
    keeping: Settings, tmp_path: Path, edits: str, told: str
) -> None:
    """A typing error would otherwise answer that the customer's delay costs nothing."""
    with pytest.raises(ScenarioError, match=told):
        keep_scenario(keeping.folders, _write(tmp_path / "s.yaml", f"name: s\nedits: {edits}\n"))
    assert kept_scenarios(keeping.folders) == {}
    assert scenarios_hash(keeping.folders) == ""


def test_scenarios_are_stacked_listed_and_removed_without_circles(keeping: Settings, tmp_path: Path) -> None:
    """A circle of scenarios would never end, and a stack without its base would say something else."""
    folders = keeping.folders
    keep_scenario(folders, _write(tmp_path / "one.yaml", "edits: [{scale: {layer: tax, by: 0.1}}]\n"))
    before = scenarios_hash(folders)
    two = "stack: [one]\nedits: [{scale: {layer: debt, by: 0.5}}]\n"
    keep_scenario(folders, _write(tmp_path / "two.yaml", two))
    assert scenarios_hash(folders) != before
    with duckdb.connect() as connection:
        connection.execute("create schema raw")
        connection.execute(
            "create table raw.cash_scenario (scenario varchar, edit_no integer, kind varchar, customer_id varchar,"
            " vendor_id varchar, deal_id varchar, document_id varchar, layer varchar, entity_id varchar, name varchar,"
            " days integer, ratio double, amount_doc decimal(18, 2), currency varchar, from_on date, until_on date,"
            " every_months integer, description varchar)"
        )
        load_scenarios(connection, folders)
        loaded = connection.sql(
            "select scenario, edit_no, layer, ratio from raw.cash_scenario order by 1, 2"
        ).fetchall()
    assert loaded == [("one", 1, "tax", 0.1), ("two", 1, "tax", 0.1), ("two", 2, "debt", 0.5)]
    with pytest.raises(ScenarioError, match="in a circle"):
        keep_scenario(folders, _write(tmp_path / "one.yaml", "stack: [two]\nedits: []\n"))
    with pytest.raises(ScenarioError, match="stacked by two"):
        remove_scenario(folders, "one")
    remove_scenario(folders, "two")
    assert list(kept_scenarios(folders)) == ["one"]
    with pytest.raises(ScenarioError, match="not in the published version"):
        compared_scenarios(folders, ["one"])
    assert compared_scenarios(folders, [])[0]["entity_id"] == "all"


def test_accuracy_of_a_company_without_documents_is_empty_and_not_an_error(company: Company, frames: Frames) -> None:
    """A company on its first day has no past to be judged by."""
    empty = read_company(
        company.rows.clear().select(
            pl.lit("").alias("layer"),
            "entity_id",
            "document_type",
            "document_id",
            "instalment_no",
            "counterparty_id",
            "segment",
            "currency",
            "bank_account_id",
            "issued_on",
            "due_on",
            "disputed_on",
            "dispute_ended_on",
            gross_rpt=pl.lit(Decimal(0)),
            open_rpt=pl.lit(Decimal(0)),
            open_doc=pl.lit(Decimal(0)),
        ),
        pl.DataFrame(
            schema={
                "document_type": pl.String,
                "document_id": pl.String,
                "instalment_no": pl.Int32,
                "settled_on": pl.Date,
                "is_payment": pl.Boolean,
                "amount_rpt": pl.Float64,
            }
        ),
        pl.DataFrame(
            schema={
                "layer": pl.String,
                "entity_id": pl.String,
                "document_type": pl.String,
                "document_id": pl.String,
                "part_no": pl.Int32,
                "counterparty_id": pl.String,
                "segment": pl.String,
                "currency": pl.String,
                "bank_account_id": pl.String,
                "issued_on": pl.Date,
                "due_on": pl.Date,
                "chance_ratio": pl.Float64,
                "amount_doc": pl.Decimal(18, 2),
                "amount_rpt": pl.Decimal(18, 2),
            }
        ),
        pl.DataFrame(
            schema={
                "layer": pl.String,
                "category": pl.String,
                "entity_id": pl.String,
                "currency": pl.String,
                "bank_account_id": pl.String,
                "document_type": pl.String,
                "document_id": pl.String,
                "instalment_no": pl.Int32,
                "counterparty_id": pl.String,
                "expected_on": pl.Date,
                "amount_doc": pl.Decimal(18, 2),
                "amount_rpt": pl.Decimal(18, 2),
            }
        ),
        company.entities,
        as_of=date(2026, 6, 30),
    )
    history = frames["int_purchase_order_history"].clear()
    judged = accuracy_rows(empty, read_purchase_orders(history, empty))
    assert judged.is_empty()
    assert projected_lines(empty, learned_from(judged), {"base": ()}).is_empty()


@pytest.mark.deep
def test_a_kept_scenario_is_projected_by_the_next_run_beside_base(copied_company: Settings, tmp_path: Path) -> None:
    """From the file to the published comparison, through a run."""
    from demo_company import publish

    keep_scenario(
        copied_company.folders,
        _write(tmp_path / "down.yaml", "edits: [{scale: {layer: baseline_receipts, by: -0.5}}]\n"),
    )
    publish(copied_company)
    found = {
        row["scenario"]: row
        for row in compared_scenarios(copied_company.folders, ["down"])
        if row["entity_id"] == "all"
    }
    assert found["down"]["change_to_base_rpt"] < 0
    edits = rows(copied_company, "select lines_count, is_effective from finance.fct_cash_scenarios")
    assert edits[0]["is_effective"]
    assert edits[0]["lines_count"] > 0
