"""Sections on the data itself: checks, quarantine, held rows, sources, restatements, alerts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from dashboards import narrative
from dashboards.reading import catalogue
from dashboards.reports.content import Card, Column, Section, count_rows, table
from dashboards.reports.sections.registry import Brief, kind


@kind("How far to trust the numbers")
def data_quality(brief: Brief) -> Section:
    """Checks that did not pass, rows in quarantine and held, by reason, and how fresh each source is."""
    reading, say = brief.reading, brief.reading.display.say
    display, manifest = reading.display, reading.manifest
    checks = reading.rows(
        "select check_name, model, status, failures, message from operations.fct_check_results"
        " where status in ('warned', 'failed') order by status, failures desc nulls last, check_name limit $most",
        most=brief.rows(12),
    ).to_pylist()
    quarantined = _by_reason(brief, "operations.fct_quarantined_rows", "cast(null as decimal(18, 2))")
    held = _by_reason(brief, "operations.fct_held_rows", "sum(amount_local)")
    counts = {name: count_rows(reading, f"operations.{name}") for name in ("fct_quarantined_rows", "fct_held_rows")}
    stale = [source for source in manifest.sources if source.stale]
    cards = tuple(
        Card(key, say(label), "count", Decimal(value), display.value(Decimal(value), "count"), "", None, "")
        for key, label, value in (
            ("checks_passed", "Checks passed", manifest.checks.passed),
            ("checks_warned", "Checks that warn", manifest.checks.warned),
            ("rows_quarantined", "Rows in quarantine", counts["fct_quarantined_rows"]),
            ("rows_held", "Rows held", counts["fct_held_rows"]),
        )
    )
    reason_columns = [Column(say("Source")), Column(say("Entity")), Column(say("Reason")),
                      Column(say("Rows"), "count")]  # fmt: skip
    moment = reading.settings.company.time_zone
    return Section(
        "data_quality",
        brief.title(),
        narrative.stated(manifest.checks, display),
        cards=cards,
        tables=(
            table(
                reading,
                key="checks",
                title=say("Checks that did not pass"),
                columns=[Column(say("Check")), Column(say("Model")), Column(say("Rows"), "count"),
                         Column(say("What it found"))],
                rows=[(row["check_name"], row["model"], row["failures"], row["message"]) for row in checks],
            ),
            table(reading, key="quarantined", title=say("In quarantine, by reason"), columns=reason_columns,
                  rows=[(row["source_system"], row["entity"], row["reason"], row["rows"]) for row in quarantined]),
            table(
                reading,
                key="held",
                title=say("Held, by reason"),
                columns=[*reason_columns, Column(say("Amount, entity currency"), "amount")],
                rows=[
                    (row["source_system"], row["entity"], row["reason"], row["rows"], row["amount"]) for row in held
                ],
            ),
            table(
                reading,
                key="sources",
                title=say("Sources"),
                columns=[Column(say("Source")), Column(say("Last read")), Column(say("State"))],
                rows=[
                    (
                        source.name,
                        display.locale.moment(source.read_at, moment),
                        say("stale") if source.stale else say("fresh"),
                    )
                    for source in manifest.sources
                ],
            ),
        ),
        says_something=bool(checks or any(counts.values()) or stale),
    )  # fmt: skip


@kind("What was restated")
def restatements(brief: Brief) -> Section:
    """What was published before and has changed since the report last went out."""
    reading, say, say_as = brief.reading, brief.reading.display.say, brief.reading.display.say_as
    since = brief.previous_at
    found = reading.rows(
        "select metric, period_on, old_value, new_value, difference, changed_at from finance.fct_restatements"
        " where dimension = 'all' and ($since is null or changed_at >= $since)"
        " order by abs(difference) desc, metric, period_on limit $most",
        since=since.replace(tzinfo=None) if since else None,
        most=brief.rows(20),
    ).to_pylist()
    rows: list[tuple[Any, ...]] = []
    for row in found:
        known = row["metric"] in catalogue(reading.published)
        label = say(reading.definition(row["metric"]).label) if known else row["metric"]
        rows.append(
            (label, reading.display.month(row["period_on"]), row["old_value"], row["new_value"], row["difference"])
        )
    day = reading.display.locale.moment(since, reading.settings.company.time_zone)
    if since is None:
        quiet = say("No published number has changed.")
        changed = reading.display.say_count(
            "{count} published number has changed.", "{count} published numbers have changed.", len(rows)
        )
    else:
        quiet = say("No published number has changed since {day}.", day=day)
        changed = reading.display.say_count(
            "{count} published number has changed since {day}.",
            "{count} published numbers have changed since {day}.",
            len(rows),
            day=day,
        )
    columns = [Column(say("Metric")), Column(say("Month")), Column(say_as("restated", "Before"), "amount"),
               Column(say_as("restated", "Now"), "amount"), Column(say("Difference"), "amount")]  # fmt: skip
    return Section(
        "restatements",
        brief.title(),
        changed if rows else quiet,
        tables=(table(reading, key="restated", title=say("Largest changes"), columns=columns, rows=rows),),
        says_something=bool(rows),
    )


@kind("Alerts")
def alerts(brief: Brief) -> Section:
    """Alerts that are not at rest, the longest first."""
    reading, say = brief.reading, brief.reading.display.say
    zone = reading.settings.company.time_zone
    rows = [
        (
            alert.title,
            say(alert.state.replace("_", " ")),
            reading.display.locale.moment(alert.since, zone),
            alert.detail,
        )
        for alert in sorted(brief.firing, key=lambda alert: (alert.since, alert.title))
    ]
    columns = [Column(say("Alert")), Column(say("State")), Column(say("Since")), Column(say("What it found"))]
    return Section(
        "alerts",
        brief.title(),
        reading.display.say_count("{count} alert is firing.", "{count} alerts are firing.", len(rows))
        if rows
        else say("No alert is firing."),
        tables=(table(reading, key="alerts", title=say("Alerts that are not at rest"), columns=columns, rows=rows),),
        says_something=bool(rows),
    )


def _by_reason(brief: Brief, relation: str, amount: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = brief.reading.rows(
        f"select source_system, entity, reason, count(*) as rows, {amount} as amount from {relation}"
        " group by source_system, entity, reason order by rows desc, source_system, entity, reason limit $most",
        most=brief.rows(12),
    ).to_pylist()
    return rows
