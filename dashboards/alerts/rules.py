"""Judging a rule of plumbline.yaml on one reading: a verdict per member, with the numbers it rests on in words.

Belongs here: what each kind of rule asks and compares. Does not: states over time, who is told.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import duckdb

from company.mailing import Alert
from dashboards import answers, cash_answers, narrative
from dashboards.alerts.anomaly import oddness
from dashboards.alerts.states import Verdict
from dashboards.filters import Range, months_before
from dashboards.metrics import MetricError
from dashboards.reading import Reading

WHOLE = "all"
HISTORY_MONTHS = 48


def judge(reading: Reading, alert: Alert, *, now: datetime) -> tuple[Verdict, ...]:
    """One verdict per member, or one for the whole. A rule that cannot be asked is a verdict too."""
    try:
        return _KINDS[alert.kind](reading, alert, now)
    except (MetricError, duckdb.Error, ValueError) as error:
        return (Verdict(WHOLE, None, " ".join(str(error).split())[:300], is_error=True),)


def _threshold(reading: Reading, alert: Alert, _now: datetime) -> tuple[Verdict, ...]:
    metric = _metric(alert)
    unit = reading.definition(metric).unit
    verdicts = []
    for member, value in _values(reading, alert).items():
        shown = reading.display.value(value, unit)
        verdicts.append(_compared(member, value, alert, _is(reading, metric, member, shown)))
    return tuple(verdicts)


def _change(reading: Reading, alert: Alert, _now: datetime) -> tuple[Verdict, ...]:
    metric = _metric(alert)
    unit = reading.definition(metric).unit
    before = _values(reading, alert, before=True)
    verdicts = []
    for member, value in _values(reading, alert).items():
        base = before.get(member)
        part = None if value is None or not base else (value - base) / abs(base)
        shown, was = reading.display.value(value, unit), reading.display.value(base, unit)
        name = _label(reading, metric, member)
        text = reading.display.say("{label} is {value}, was {before}", label=name, value=shown, before=was)
        verdicts.append(_compared(member, part, alert, text))
    return tuple(verdicts)


def _pace(reading: Reading, alert: Alert, _now: datetime) -> tuple[Verdict, ...]:
    metric = _metric(alert)
    value, target = reading.value(metric), reading.target(metric)
    part = None if value is None or not target else value / target
    unit = reading.definition(metric).unit
    text = reading.display.say(
        "{label} is {value} against a target to date of {target}",
        label=_label(reading, metric, WHOLE),
        value=reading.display.value(value, unit),
        target=reading.display.value(target, unit),
    )
    return (_compared(WHOLE, part, alert, text),)


def _anomaly(reading: Reading, alert: Alert, _now: datetime) -> tuple[Verdict, ...]:
    metric, say = _metric(alert), reading.display.say
    unit = reading.definition(metric).unit
    last = reading.filters.now.last
    span = Range(months_before(last, HISTORY_MONTHS - 1), last)
    months = [months_before(last, number) for number in range(HISTORY_MONTHS - 1, -1, -1)]
    table = reading.series(metric, span, [alert.by] if alert.by else [])
    members = table[alert.by].to_pylist() if alert.by else [WHOLE] * table.num_rows
    series: dict[str, dict[object, Decimal | None]] = {}
    for member, month, value in zip(members, table["period_on"].to_pylist(), table["value"].to_pylist(), strict=True):
        series.setdefault("(none)" if member is None else str(member), {})[month] = value
    verdicts = []
    for member, values in series.items():
        line = [None if (value := values.get(month)) is None else float(value) for month in months]
        found = oddness(line)
        shown = reading.display.value(values.get(months[-1]), unit)
        name = _label(reading, metric, member)
        if found is None:
            text = say("{label} is {value}; its history is too short to judge it", label=name, value=shown)
            verdicts.append(Verdict(member, None, text))
            continue
        expected = reading.display.value(Decimal(str(round(found.expected, 6))), unit)
        text = say(
            "{label} is {value} in {month}; {usual} was usual ({deviations} deviations)",
            label=name,
            value=shown,
            month=reading.display.month(months[-1]),
            usual=expected,
            deviations=_signed(reading, found.deviations),
        )
        verdicts.append(Verdict(member, abs(found.deviations) > alert.deviations, text))
    return tuple(verdicts) or (
        Verdict(WHOLE, None, say("{label} has no values", label=_label(reading, metric, WHOLE))),
    )


def _forecast(reading: Reading, alert: Alert, _now: datetime) -> tuple[Verdict, ...]:
    ahead = cash_answers.outlook(reading)
    weeks, say = ahead.weeks[: alert.weeks], reading.display.say
    if not weeks or alert.below is None:
        return (Verdict(WHOLE, None, say("No cash projection is published")),)
    place = min(range(len(weeks)), key=lambda number: ahead.balance[number])
    low = reading.display.value(ahead.balance[place], "money")
    text = say("Cash is projected at {low} in the week of {week}", low=low, week=reading.display.day(weeks[place]))
    return (Verdict(WHOLE, ahead.balance[place] < Decimal(str(alert.below)), text),)


def _data(reading: Reading, alert: Alert, now: datetime) -> tuple[Verdict, ...]:
    condition = alert.condition or ""
    limit = Decimal(str(alert.above or 0))
    value, text = _CONDITIONS[condition](reading, now)
    return (Verdict(WHOLE, value > limit, text),)


def _stale(reading: Reading, now: datetime) -> tuple[Decimal, str]:
    late = [
        source.name
        for source in reading.manifest.sources
        if source.read_at is None or now - source.read_at.astimezone(UTC) > timedelta(hours=source.fresh_within_hours)
    ]
    say = reading.display.say
    named = narrative.listed(late, reading.display) or say("none")
    return Decimal(len(late)), say("Sources older than promised: {names}", names=named)


def _failed_checks(reading: Reading, _now: datetime) -> tuple[Decimal, str]:
    run = reading.last_run
    failed = [failure.check for failure in run.failures] if run is not None and run.status == "failed" else []
    if run is not None and run.status == "failed" and not failed:
        failed = [run.message or "the last run failed"]
    warned = [warning.name for warning in reading.manifest.checks.warnings]
    names = list(dict.fromkeys([*failed, *warned]))
    say = reading.display.say
    named = narrative.listed(names[:5], reading.display) or say("none")
    return Decimal(len(names)), say("Checks that did not pass: {names}", names=named)


def _quarantined_rows(reading: Reading, _now: datetime) -> tuple[Decimal, str]:
    value = _count(reading, "operations.fct_quarantined_rows")
    one, many = "{count} row is in quarantine", "{count} rows are in quarantine"
    return value, reading.display.say_count(one, many, int(value))


def _held_rows(reading: Reading, _now: datetime) -> tuple[Decimal, str]:
    value = _count(reading, "operations.fct_held_rows")
    return value, reading.display.say_count("{count} row is held", "{count} rows are held", int(value))


def _count(reading: Reading, relation: str) -> Decimal:
    return Decimal(reading.rows(f"select count(*) as rows from {relation}")["rows"][0].as_py())


def _unmatched_revenue(reading: Reading, _now: datetime) -> tuple[Decimal, str]:
    """Revenue of the period from ERP customers that no CRM account was found for."""
    value = Decimal(
        reading.rows(
            "select coalesce(sum(net_rpt), 0) as amount from customers.fct_customer_months"
            " where not is_matched and month_on between $first and $last",
            first=reading.filters.now.first,
            last=reading.filters.now.last,
        )["amount"][0].as_py()
    )
    amount = reading.display.value(value, "money")
    return value, reading.display.say("{amount} of revenue is of customers without a match in the CRM", amount=amount)


def _values(reading: Reading, alert: Alert, *, before: bool = False) -> dict[str, Decimal | None]:
    metric = _metric(alert)
    if alert.by is not None:
        return answers.by_member(reading, alert.by, metric=metric, before=before)
    return {WHOLE: reading.before(metric) if before else reading.value(metric)}


def _compared(member: str, value: Decimal | None, alert: Alert, text: str) -> Verdict:
    if value is None:
        return Verdict(member, None, text)
    is_low = alert.below is not None and value < Decimal(str(alert.below))
    is_high = alert.above is not None and value > Decimal(str(alert.above))
    return Verdict(member, is_low or is_high, text)


def _signed(reading: Reading, deviations: float) -> str:
    text = reading.display.locale.number(Decimal(str(round(deviations, 1))), decimals=1)
    return f"+{text}" if deviations >= 0 else text


def _metric(alert: Alert) -> str:
    if alert.metric is None:
        raise ValueError("the rule names no metric")
    return alert.metric


def _label(reading: Reading, metric: str, member: str) -> str:
    say = reading.display.say
    label = say(reading.definition(metric).label)
    return label if member == WHOLE else say("{label} of {member}", label=label, member=member)


def _is(reading: Reading, metric: str, member: str, shown: str) -> str:
    return reading.display.say("{label} is {value}", label=_label(reading, metric, member), value=shown)


_KINDS: dict[str, Callable[[Reading, Alert, datetime], tuple[Verdict, ...]]] = {
    "threshold": _threshold,
    "change": _change,
    "pace": _pace,
    "anomaly": _anomaly,
    "forecast": _forecast,
    "data": _data,
}
_CONDITIONS: dict[str, Callable[[Reading, datetime], tuple[Decimal, str]]] = {
    "stale": _stale,
    "failed_checks": _failed_checks,
    "quarantined_rows": _quarantined_rows,
    "held_rows": _held_rows,
    "unmatched_revenue": _unmatched_revenue,
}
