"""When runs start because a file has arrived. How a file is read is landing's business."""

import hashlib
import json

import dagster as dg

from company.settings import Settings
from company.source_settings import FileSource
from pipelines.landing import nothing_new

SECONDS_BETWEEN_LOOKS = 30


def folder_state(settings: Settings) -> str:
    """A short text that changes with every file's name, size or time in any drop folder. Opens no file."""
    digest = hashlib.sha256()
    for name, source in sorted(settings.sources.items()):
        if not isinstance(source, FileSource) or not source.folder.is_dir():
            continue
        for path in sorted(source.folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                stat = path.stat()
                line = f"{name}/{path.relative_to(source.folder)}:{stat.st_size}:{stat.st_mtime_ns}\n"
                digest.update(line.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:24]


def drop_folders(settings: Settings, job_name: str) -> dg.SensorDefinition:
    """Start a run when the drop folders hold something new and have not changed since the last look.

    A state that was asked for once is not asked for again: a file that makes runs fail must not start them for ever.
    """

    @dg.sensor(
        name="drop_folders",
        job_name=job_name,
        minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Starts a run when new files in a source's folder have come to rest.",
    )
    def look(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        before = json.loads(context.cursor) if context.cursor else {"seen": "", "asked": ""}
        state = folder_state(settings)
        asked = before["asked"]
        requests = []
        if state == before["seen"] and state != asked and not nothing_new(settings):
            requests.append(dg.RunRequest(run_key=state))
            asked = state
        return dg.SensorResult(run_requests=requests, cursor=json.dumps({"seen": state, "asked": asked}))

    return look
