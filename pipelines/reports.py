"""Reports as part of the graph: a job and a schedule per report, and the mail to the operator of a failed run.

The one door from the writing half to the reading half, together with the command line. What a report says and how it is
sent is in `dashboards.reports`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from company.settings import Report, Settings
from company.versions import RunRecord
from dashboards.reports import delivery

MOST_ROWS = 5


def preview(settings: Settings, name: str, output: Path) -> list[Path]:
    """Write a report's files to a folder. Raises ReportError."""
    return delivery.preview(settings, name, output, now=datetime.now(UTC))


def send(settings: Settings, name: str, *, to: Sequence[str] = ()) -> list[str]:
    """Send a report; one line per recipient says what became of it. Raises ReportError."""
    results = delivery.send(settings, name, to=to, now=lambda: datetime.now(UTC))
    return [f"{result.recipient}: {result.state} ({result.detail})" for result in results]


def notify_operator(settings: Settings, record: RunRecord) -> None:
    """Tell the operator that a run failed: which check, a few of its rows, and what readers still see."""
    subject = f"Plumbline: run {record.run_id} of {settings.company.name} failed"
    delivery.tell_operator(
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
    """A job and a schedule per report of plumbline.yaml."""
    jobs = {name: _job(settings, name) for name in settings.reports if name in delivery.COMPOSERS}
    schedules = [_schedule(settings, name, settings.reports[name], job) for name, job in jobs.items()]
    return dg.Definitions(jobs=list(jobs.values()), schedules=schedules)


def _job(settings: Settings, name: str) -> dg.JobDefinition:
    @dg.op(name=f"send_{name}", description="Send the report of the published version, once per recipient.")
    def send_report(context: dg.OpExecutionContext) -> None:
        for line in send(settings, name):
            context.log.info(line)

    @dg.job(name=f"report_{name}", executor_def=dg.in_process_executor, description="Sends one report by mail.")
    def report_job() -> None:
        send_report()

    return report_job


def _schedule(settings: Settings, name: str, report: Report, job: dg.JobDefinition) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name=f"report_{name}_schedule",
        job=job,
        cron_schedule=report.schedule.strip(),
        execution_timezone=report.time_zone or settings.company.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Sends the report at the time that plumbline.yaml says.",
    )
