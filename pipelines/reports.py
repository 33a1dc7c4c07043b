"""Reports as part of the graph: a job and a schedule per report, and the mail to the operator of a failed run.

The one door from the writing half to the reading half, together with the command line. What a report says and how it is
sent is in `dashboards.reports`.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from company.errors import CompanyError
from company.mailing import Report
from company.settings import Settings, load_settings
from company.versions import RunRecord
from dashboards.alerts.states import AlertState
from dashboards.reports import alerting, delivery, notices, previewing
from dashboards.reports.archive import Archive
from dashboards.reports.declared import declared
from dashboards.reports.delivery import Result
from dashboards.reports.desk import Desk, transport_of
from dashboards.reports.errors import ReportError
from dashboards.reports.store import Store

MOST_ROWS = 5


def preview(settings: Settings, name: str, output: Path, *, person: str | None = None) -> list[Path]:
    """Write a report's files to a folder, as a person would get it. Raises ReportError, RightLostError."""
    return previewing.preview(settings, name, output, now=now(), person=person, firing=alerting.firing(settings))


def send(settings: Settings, name: str, *, to: Sequence[str] = ()) -> list[Result]:
    """Send a report; what became of each recipient's mail. Raises ReportError."""
    return delivery.send(settings, name, to=to, now=now, reload=fresh_settings(settings), firing=alerting.firing)


def resend(settings: Settings, name: str, *, period: str, recipient: str) -> list[Result]:
    """Release a mail that is unknown, rejected, expired or cancelled, by a person's decision, and send it.

    Raises ReportError where nothing waits for that.
    """
    result = delivery.resend(
        settings, name, period=period, recipient=recipient, now=now, reload=fresh_settings(settings),
        firing=alerting.firing,
    )  # fmt: skip
    return [result]


def resume(settings: Settings) -> list[Result]:
    """Take up every mail that waits and close what is too late."""
    return delivery.resume(settings, now=now, reload=fresh_settings(settings), firing=alerting.firing)


def check_alerts(settings: Settings, names: Sequence[str] = ()) -> tuple[list[AlertState], list[Result]]:
    """Look at the alerts and tell whom it concerns. Raises ReportError for a name that is not there."""
    return alerting.check(settings, desk=Desk(settings, now, transport_of(settings), time.sleep), names=names)


def archived(settings: Settings, name: str, *, period: str, recipient: str) -> bytes:
    """A mail exactly as it was written, headers and all. Raises ReportError, ArchiveError."""
    found = Store(settings.folders.app).find(report=name, period=period, recipient=recipient)
    if found is None or not found.content:
        raise ReportError(f"no mail of {name} {period} to {recipient} was written; see `plumbline report log`")
    return found.headers.encode("ascii") + Archive(settings.folders.mails).get(found.content)


def now() -> datetime:
    """The moment, UTC."""
    return datetime.now(UTC)


def fresh_settings(settings: Settings) -> Callable[[], Settings]:
    """Gives the settings, read again whenever plumbline.yaml has changed: a right taken away counts at once.

    A file that is broken meanwhile takes nobody's right away: what was read last stands.
    """
    state = {"at": _changed_at(settings), "settings": settings}

    def look() -> Settings:
        at = _changed_at(settings)
        if at != state["at"]:
            state["at"] = at
            with suppress(CompanyError):
                read = load_settings(settings.file)
                state["settings"] = read.model_copy(update={"data": settings.data})
        current: Settings = state["settings"]  # type: ignore[assignment]
        return current

    return look


def _changed_at(settings: Settings) -> int:
    return settings.file.stat().st_mtime_ns if settings.file.is_file() else 0


def notify_operator(settings: Settings, record: RunRecord) -> None:
    """Tell the operator that a run failed: which check, a few of its rows, and what readers still see."""
    subject = f"Plumbline: run {record.run_id} of {settings.company.name} failed"
    notices.tell_operator(
        settings, subject=subject, text=failure_text(settings, record), key=record.run_id, now=datetime.now(UTC)
    )


def failure_text(settings: Settings, record: RunRecord) -> str:
    """The words of the operator's mail."""
    lines = [
        f"The run {record.run_id} (as of {record.as_of}) of {settings.company.name} failed.",
        record.message,
        "",
        f"Readers still see version {record.version}." if record.version else "Nothing is published yet.",
    ]
    for failure in record.failures:
        lines += ["", f"{failure.check} on {failure.model}: {failure.message}"]
        lines += [
            "  " + ", ".join(f"{name}={value}" for name, value in row.items()) for row in failure.rows[:MOST_ROWS]
        ]
    lines += ["", "`plumbline status` shows the rest; the next run starts from what was landed."]
    return "\n".join(lines) + "\n"


def build_report_defs(settings: Settings) -> dg.Definitions:
    """A job and a schedule per report of plumbline.yaml, and the job that takes up what waits."""
    jobs = {name: _job(settings, name) for name in settings.reports}
    schedules = [_schedule(settings, name, declared(settings, name), job) for name, job in jobs.items()]
    alerts = [_alert_job(settings)] if settings.alerts else []
    schedules += [_alert_schedule(settings, job) for job in alerts]
    return dg.Definitions(
        jobs=[*jobs.values(), *alerts, _outbox_job(settings)], schedules=schedules, sensors=[_waiting_mails(settings)]
    )


def line(result: Result) -> str:
    """What became of a mail, on one line."""
    return f"{result.recipient}: {result.state} ({result.detail})"


DUE_AT = "plumbline/due_at"
"""The tag of a run that says at which moment the report was due."""


def _job(settings: Settings, name: str) -> dg.JobDefinition:
    @dg.op(name=f"send_{name}", description="Send the report of the published version, once per recipient.")
    def send_report(context: dg.OpExecutionContext) -> None:
        due_at = context.run.tags.get(DUE_AT)
        at = datetime.fromisoformat(due_at) if due_at else now()
        results = delivery.send_on_schedule(
            settings, name, due_at=at, now=now, reload=fresh_settings(settings), firing=alerting.firing
        )
        for result in results:
            context.log.info(line(result))

    @dg.job(name=f"report_{name}", executor_def=dg.in_process_executor, description="Sends one report by mail.")
    def report_job() -> None:
        send_report()

    return report_job


def _schedule(settings: Settings, name: str, report: Report, job: dg.JobDefinition) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=f"report_{name}_schedule",
        job=job,
        cron_schedule=report.schedule.strip(),
        execution_timezone=report.time_zone or settings.company.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Sends the report at the time that plumbline.yaml says.",
    )
    def tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        # The moment it was due, not the moment a busy machine gets to it: the period hangs on it.
        due_at = context.scheduled_execution_time.astimezone(UTC).isoformat()
        return dg.RunRequest(run_key=due_at, tags={DUE_AT: due_at})

    return tick


def _alert_job(settings: Settings) -> dg.JobDefinition:
    @dg.op(description="Judge every alert and tell whom it concerns.")
    def look_at_alerts(context: dg.OpExecutionContext) -> None:
        states, results = check_alerts(settings)
        for state in states:
            context.log.info(f"{state.alert} {state.member}: {state.state} ({state.detail})")
        for result in results:
            context.log.info(line(result))

    @dg.job(name="alerts", executor_def=dg.in_process_executor, description="Looks at every alert.")
    def alerts() -> None:
        look_at_alerts()

    return alerts


def _alert_schedule(settings: Settings, job: dg.JobDefinition) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name="alerts_schedule",
        job=job,
        cron_schedule=settings.alerting.schedule.strip(),
        execution_timezone=settings.company.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Looks at the alerts at the times that plumbline.yaml says.",
    )


def _outbox_job(settings: Settings) -> dg.JobDefinition:
    @dg.op(description="Try again what waits, send what was held, close what is too late.")
    def take_up_mails(context: dg.OpExecutionContext) -> None:
        for result in resume(settings):
            context.log.info(f"{result.report} {result.period} {line(result)}")

    @dg.job(name=OUTBOX, executor_def=dg.in_process_executor, description="Takes up mails that wait.")
    def waiting_mails() -> None:
        take_up_mails()

    return waiting_mails


OUTBOX = "waiting_mails"


def _waiting_mails(settings: Settings) -> dg.SensorDefinition:
    @dg.sensor(
        name="mails_that_wait",
        job_name=OUTBOX,
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Starts when a mail's next attempt is due, a held report may go, or one is too late.",
    )
    def look() -> dg.RunRequest | dg.SkipReason:
        if Store(settings.folders.app).due(now()):
            return dg.RunRequest()
        return dg.SkipReason("no mail waits")

    return look
