"""Landing as a run asks for it: the settings of the company in, everything else by its name in plumbline.yaml.

Belongs here: taking folder, mapping and default entity out of Settings. Everything below takes plain arguments.
"""

from __future__ import annotations

from company.settings import Settings
from pipelines.landing.cursors import survey
from pipelines.landing.progress import OnProgress, silent
from pipelines.landing.source_landing import SourceLanding, Surroundings, land_folder
from pipelines.sources.errors import MappingError, SourceFolderError
from pipelines.sources.mapping import SourceMapping
from pipelines.sources.mapping_file import load_mapping
from pipelines.sources.source_check import SourceCheck, check_folder


def land_source(source_name: str, settings: Settings, on_progress: OnProgress = silent) -> SourceLanding:
    """Land what is new in one source of plumbline.yaml.

    Raises MappingError, SourceFolderError or LandingError; whatever was closed before stands.
    """
    return land_folder(
        source_name,
        settings.sources[source_name].folder,
        _mapping(source_name, settings),
        settings.folders.landing,
        around=Surroundings(on_progress=on_progress),
    )


def nothing_new(settings: Settings) -> bool:
    """Whether landing every source would change nothing. Looks at names, sizes and times only.

    A source that cannot be looked at counts as new: the run that follows says why it cannot.
    """
    try:
        surveys = [
            survey(source.folder, _mapping(name, settings), settings.folders.landing / name)
            for name, source in settings.sources.items()
        ]
    except (MappingError, SourceFolderError):
        return False
    return not any(seen.is_new for seen in surveys)


def check_source(settings: Settings, name: str) -> SourceCheck:
    """What would be read from one source: mapped, unmapped, missing and doubtful columns. Lands nothing."""
    return check_folder(settings.sources[name].folder, _mapping(name, settings))


def _mapping(name: str, settings: Settings) -> SourceMapping:
    entities = settings.company.entities
    default_entity = entities[0].id if len(entities) == 1 else None
    return load_mapping(settings.sources[name].mapping, default_entity=default_entity)
