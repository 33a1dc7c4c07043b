"""When runs start by the clock. The times are plumbline.yaml's; what a run does is not known here."""

from pathlib import Path

import dagster as dg

from company.settings import Settings
from pipelines.publish.inputs import nothing_to_do


def daily_run(settings: Settings, job_name: str, *, models: Path) -> dg.ScheduleDefinition:
    """Run at the time that `run.schedule` says; a tick with nothing new, in data or in `models`, starts nothing."""

    @dg.schedule(
        name="daily_run",
        job_name=job_name,
        cron_schedule=settings.run.schedule.strip(),
        execution_timezone=settings.company.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Lands what is new, builds, checks and publishes.",
    )
    def tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        as_of = settings.as_of_at(context.scheduled_execution_time)
        if nothing_to_do(settings, as_of=as_of, project=models):
            return dg.SkipReason("nothing new: the published numbers stand")
        return dg.RunRequest(run_key=f"{context.scheduled_execution_time:%Y-%m-%dT%H:%M%z}")

    return tick
