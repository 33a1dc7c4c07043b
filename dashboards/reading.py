"""One reader's look at one published version: metrics under the reader's filters, cached per version and question.

Belongs here: what every page asks in the same way. Does not: widgets, figures, a page's own queries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from company.folders import DataFolder
from company.settings import Settings
from company.versions import RunRecord, VersionManifest
from dashboards.access import audit
from dashboards.filters import Filters, Range
from dashboards.format import Display
from dashboards.metrics import Catalogue, Definition, Metrics, UnavailableMetricError
from dashboards.published import PublishedVersion, open_cursor
from dashboards.sheet import Sheet

BUDGETED: Mapping[str, tuple[str, ...]] = {
    "net_revenue": ("revenue",),
    "gross_margin": ("revenue", "direct_cost"),
    "contribution_margin": ("revenue", "direct_cost", "variable_selling"),
}
"""The margin levels of accounts that add up to a metric. Below them, costs absorbed in stock have no budget."""

_BUDGET_TABLES = ("finance.fct_budget_variance", "common.dim_accounts")


@dataclass(frozen=True)
class Reading:
    """What a page gets. One reading pins one version, so that no page mixes two."""

    settings: Settings
    published: PublishedVersion
    filters: Filters
    display: Display
    last_run: RunRecord | None
    reader: str = "local"
    may_export: bool = True
    sheet: Sheet = field(default_factory=Sheet, compare=False, repr=False)
    """What the page has drawn so far, for paper."""

    def exported(self, what: str, form: str, write: Callable[[], bytes]) -> bytes:
        """A file of this reading, written after its export is recorded: what leaves no trace does not leave."""
        detail = {"format": form, **dict(self.filters.chosen())}
        event = audit.Event(
            datetime.now(UTC), self.reader, "export", what, version=self.manifest.version, detail=detail
        )
        audit.record(self.folder, event)
        return write()

    @property
    def manifest(self) -> VersionManifest:
        return self.published.manifest

    @property
    def folder(self) -> DataFolder:
        return self.settings.folders

    @property
    def entities(self) -> tuple[str, ...] | None:
        """The legal entities chosen in the filters; None where all count."""
        return self.filters.where.get("entity_id")

    def holds(self, *tables: str) -> bool:
        """Whether the reader's file holds all of these tables (`schema.table`)."""
        return set(tables) <= _tables(self.published.path)

    def has(self, metric: str) -> bool:
        """Whether this version (and the reader's file) can answer the metric."""
        if metric not in catalogue(self.published):
            return False
        try:
            self.value(metric)
        except UnavailableMetricError:
            return False
        return True

    def metrics(self) -> tuple[str, ...]:
        """Every metric that this version and the reader's file can answer, in order of labels."""
        held = (metric for metric in catalogue(self.published) if self.has(metric))
        return tuple(sorted(held, key=lambda metric: self.definition(metric).label))

    def definition(self, metric: str) -> Definition:
        """The metric's words and plan. Raises UnavailableMetricError where this version or reader lacks it."""
        found = catalogue(self.published)
        if metric not in found:
            raise UnavailableMetricError(f"{metric} is not in this version, or needs what this reader's file lacks")
        return found[metric]

    def where(self, metric: str) -> Mapping[str, tuple[str, ...]]:
        """The reader's filters as far as the metric has these dimensions."""
        dimensions = self.definition(metric).dimensions
        return {name: values for name, values in self.filters.where.items() if name in dimensions}

    def ignored_filters(self, metric: str) -> tuple[str, ...]:
        """Filters in use that the metric cannot be narrowed by; the card names them."""
        return tuple(sorted(set(self.filters.where) - set(self.where(metric))))

    def value(self, metric: str, over: Range | None = None) -> Decimal | None:
        """The metric over a range (the chosen period where none is given): a Decimal, or None where nothing counts."""
        span = over or self.filters.now
        return _value(self.published.path, self.manifest.as_of, metric, span, _frozen(self.where(metric)))

    def before(self, metric: str) -> Decimal | None:
        """The metric over the range that the chosen period is compared with.

        None for a metric that looks ahead: the weeks ahead of last year are not kept.
        """
        if self.looks_ahead(metric):
            return None
        return self.value(metric, self.filters.before)

    def compared_with(self, metric: str) -> Decimal | None:
        """What the reader compares the metric with: the range before, the target or the budget. None if there is none.

        A ratio has no target: targets are amounts.
        """
        match self.filters.comparison:
            case "target":
                return self.target(metric)
            case "budget":
                return self.budget(metric)
            case _:
                return self.before(metric)

    def looks_ahead(self, metric: str) -> bool:
        """Whether the metric speaks of days after the as-of day."""
        return any(measure.looks_ahead for measure in self.definition(metric).plan.measures.values())

    def series(self, metric: str, over: Range, by: Sequence[str] = ()) -> pa.Table:
        """By month over a range: period_on, the dimensions, value. Months without rows are left out."""
        return _series(
            self.published.path,
            self.manifest.as_of,
            metric,
            over,
            by=tuple(by),
            where=_frozen(self.where(metric)),
        )

    def by_month(self, metric: str, over: Range) -> dict[date, Decimal | None]:
        """Values by first day of the month."""
        table = self.series(metric, over)
        return dict(zip(table["period_on"].to_pylist(), table["value"].to_pylist(), strict=True))

    def breakdown(self, metric: str, by: Sequence[str], over: Range | None = None) -> pa.Table:
        """One row per member over a range: the dimensions and value."""
        span = over or self.filters.now
        return _breakdown(
            self.published.path,
            self.manifest.as_of,
            metric,
            span,
            by=tuple(by),
            where=_frozen(self.where(metric)),
        )

    def target(self, metric: str, over: Range | None = None) -> Decimal | None:
        """The sum of the monthly targets over a range, for the company as a whole.

        None where a month has no target, where the numbers are filtered (targets are not), or for a ratio.
        """
        span = over or self.filters.now
        if self.where(metric) or self.definition(metric).unit == "ratio":
            return None
        targets = self.targets(metric, span)
        months = (span.last.year - span.first.year) * 12 + span.last.month - span.first.month + 1
        return sum(targets.values(), Decimal(0)) if len(targets) == months else None

    def targets(self, metric: str, over: Range) -> dict[date, Decimal]:
        """The company's monthly targets of a metric, by first day of the month."""
        table = self.rows(
            "select period_on, value from common.fct_targets"
            " where metric = $metric and dimension = 'all' and period_on between $first and $last",
            metric=metric,
            first=over.first,
            last=over.last,
        )
        return dict(zip(table["period_on"].to_pylist(), table["value"].to_pylist(), strict=True))

    def budget(self, metric: str, over: Range | None = None) -> Decimal | None:
        """The budget of a margin level over a range, in the reporting currency: income less budgeted costs.

        None for a metric that is no margin level, where nothing is budgeted, or where a filter that budgets do not
        know is in use. Costs that no budget plans are on neither side of `finance.fct_budget_variance`.
        """
        levels, span = BUDGETED.get(metric), over or self.filters.now
        if levels is None or set(self.where(metric)) - {"entity_id"} or not self.holds(*_BUDGET_TABLES):
            return None
        table = self.rows(
            "select cast(sum(case when budget.class = 'revenue' then budget.budget_rpt else -budget.budget_rpt end)"
            " as decimal(38, 2)) as budget from finance.fct_budget_variance as budget"
            " inner join common.dim_accounts as accounts using (account_id)"
            " where budget.is_budgeted and list_contains($levels, accounts.margin_level)"
            " and budget.period_on between $first and $last"
            " and ($entities is null or list_contains($entities, budget.entity_id))",
            levels=levels,
            first=span.first,
            last=span.last,
            entities=self.entities,
        )
        budget: Decimal | None = table["budget"][0].as_py()
        return budget

    def rows(self, sql: str, **values: Any) -> pa.Table:
        """A page's own query on the pinned version; values are bound.

        Raises UnavailableMetricError where the reader's file lacks a table or column of it.
        """
        return _rows(self.published.path, sql, tuple(sorted(values.items())))


Frozen = tuple[tuple[str, tuple[str, ...]], ...]


def catalogue(published: PublishedVersion) -> Catalogue:
    """The metric catalogue of a version, read once."""
    return _catalogue(published.path)


def _frozen(where: Mapping[str, tuple[str, ...]]) -> Frozen:
    return tuple(sorted(where.items()))


@lru_cache(maxsize=8)
def _catalogue(path: Path) -> Catalogue:
    return Catalogue.read(open_cursor(path))


def _metrics(path: Path, as_of: date) -> Metrics:
    return Metrics(open_cursor(path), _catalogue(path), as_of=as_of)


@lru_cache(maxsize=4000)
def _value(path: Path, as_of: date, metric: str, span: Range, where: Frozen) -> Decimal | None:
    return _metrics(path, as_of).value(metric, span.first, span.last, dict(where))


@lru_cache(maxsize=1000)
def _series(path: Path, as_of: date, metric: str, span: Range, *, by: tuple[str, ...], where: Frozen) -> pa.Table:
    return _metrics(path, as_of).series(metric, by=by, first=span.first, last=span.last, where=dict(where))


@lru_cache(maxsize=1000)
def _breakdown(path: Path, as_of: date, metric: str, span: Range, *, by: tuple[str, ...], where: Frozen) -> pa.Table:
    return _metrics(path, as_of).breakdown(metric, by, first=span.first, last=span.last, where=dict(where))


@lru_cache(maxsize=500)
def _rows(path: Path, sql: str, values: tuple[tuple[str, Any], ...]) -> pa.Table:
    try:
        return open_cursor(path).sql(sql, params=dict(values)).to_arrow_table()
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        raise UnavailableMetricError(str(error).split("\n", 1)[0]) from error


@lru_cache(maxsize=8)
def _tables(path: Path) -> frozenset[str]:
    rows = open_cursor(path).execute("select table_schema || '.' || table_name from information_schema.tables")
    return frozenset(str(row[0]) for row in rows.fetchall())
