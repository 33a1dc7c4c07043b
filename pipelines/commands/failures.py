"""Which errors are a person's to mend, and with which exit code they end. Any other is a fault of the program."""

from __future__ import annotations

from company.errors import CompanyError, SettingsError
from pipelines.commands import terminal


def exit_code(error: Exception) -> int | None:
    """The exit code of an error of ours; None for a fault in the program."""
    from pipelines.canonical import CanonicalError
    from pipelines.landing.errors import LandingError
    from pipelines.publish.errors import PublishError
    from pipelines.serving import ServingError
    from pipelines.sources.errors import MappingError, SourceError
    from pipelines.warehouse.errors import WarehouseError

    if isinstance(error, SettingsError | MappingError):
        return terminal.EXIT_CONFIGURATION
    known = (CompanyError, PublishError, WarehouseError, LandingError, SourceError, CanonicalError, ServingError)
    if isinstance(error, known) or type(error).__module__.startswith("dashboards."):
        return terminal.EXIT_NOTHING_PUBLISHED
    return None
