"""Landing as a run asks for it: the settings of the company in, everything else by its name in plumbline.yaml.

Belongs here: what each kind of source takes out of Settings. Everything below takes plain arguments.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from company.settings import Settings
from company.source_settings import ApiSource, FileSource, PostgresqlSource, Source
from pipelines.landing.cursors import survey
from pipelines.landing.progress import OnProgress, silent
from pipelines.landing.source_landing import SourceLanding, Surroundings, land_folder
from pipelines.sources.errors import MappingError, SourceFolderError
from pipelines.sources.mapping import SourceMapping
from pipelines.sources.mapping_file import load_mapping
from pipelines.sources.source_check import SourceCheck, check_folder

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from pipelines.sources.postgresql import Snapshot

# Drivers and clients are imported inside: only companies that have such a source pay for them.


def land_source(source_name: str, settings: Settings, on_progress: OnProgress = silent) -> SourceLanding:
    """Land what is new in one source of plumbline.yaml.

    Raises a SourceError where the source cannot be read, or LandingError; whatever was closed before stands.
    """
    source = settings.sources[source_name]
    around = Surroundings(on_progress=on_progress)
    landing = settings.folders.landing
    if isinstance(source, ApiSource):
        from pipelines.landing.api_landing import land_api  # noqa: PLC0415
        from pipelines.landing.api_readers import open_reader  # noqa: PLC0415
        from pipelines.sources.systems import mapped_objects  # noqa: PLC0415

        objects = mapped_objects(source.kind, source.mapping, source.constants)
        return land_api(
            source_name, open_reader(source_name, source, settings.folders.secrets), objects, landing, around=around
        )
    mapping = _mapping(source, settings)
    if isinstance(source, PostgresqlSource):
        from pipelines.landing.database_landing import land_database  # noqa: PLC0415

        return land_database(source_name, _snapshot(source), mapping, landing, around=around)
    return land_folder(source_name, source.folder, mapping, landing, around=around)


def nothing_new(settings: Settings) -> bool:
    """Whether landing every source would change nothing. Looks at names, sizes and times of files only.

    A source that can only be asked by reading it counts as new: the run that follows finds out. So does one that cannot
    be looked at: the run says why it cannot.
    """
    folders = {name: source for name, source in settings.sources.items() if isinstance(source, FileSource)}
    if len(folders) < len(settings.sources):
        return False
    try:
        surveys = [
            survey(source.folder, _mapping(source, settings), settings.folders.landing / name)
            for name, source in folders.items()
        ]
    except (MappingError, SourceFolderError):
        return False
    return not any(seen.is_new for seen in surveys)


def check_source(settings: Settings, name: str) -> SourceCheck:
    """What would be read from one source: mapped, unmapped, missing and doubtful columns. Lands nothing."""
    source = settings.sources[name]
    if isinstance(source, ApiSource):
        from pipelines.landing.api_readers import open_reader  # noqa: PLC0415
        from pipelines.sources.api_check import check_api  # noqa: PLC0415
        from pipelines.sources.systems import mapped_objects  # noqa: PLC0415

        return check_api(
            open_reader(name, source, settings.folders.secrets),
            mapped_objects(source.kind, source.mapping, source.constants),
        )
    mapping = _mapping(source, settings)
    if isinstance(source, PostgresqlSource):
        from pipelines.landing.database_landing import check_database  # noqa: PLC0415

        with tempfile.TemporaryDirectory() as folder:
            return check_database(_snapshot(source), mapping, Path(folder))
    return check_folder(source.folder, mapping)


def landed_entities(source: Source, settings: Settings) -> tuple[str, ...]:
    """What a source lands: canonical entities, or the raw tables of its system. Raises MappingError."""
    if isinstance(source, ApiSource):
        from pipelines.sources.systems import mapped_objects  # noqa: PLC0415

        return tuple(one.entity.name for one in mapped_objects(source.kind, source.mapping, source.constants))
    return tuple(dict.fromkeys(entry.entity.name for entry in _mapping(source, settings).files))


def _mapping(source: FileSource | PostgresqlSource, settings: Settings) -> SourceMapping:
    """How files or tables become canonical rows: by the source's mapping file, or the contract where it has none."""
    entities = settings.company.entities
    default_entity = entities[0].id if len(entities) == 1 else None
    if source.mapping is not None:
        return load_mapping(source.mapping, default_entity=default_entity)
    from pipelines.sources.contract import contract_mapping  # noqa: PLC0415

    return contract_mapping(ending=".*" if isinstance(source, FileSource) else "", default_entity=default_entity)


def _snapshot(source: PostgresqlSource) -> AbstractContextManager[Snapshot]:
    from pipelines.sources.postgresql import open_snapshot  # noqa: PLC0415

    return open_snapshot(source.connection.get_secret_value(), source.schema_name)
