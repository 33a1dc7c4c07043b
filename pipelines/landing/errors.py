"""The errors of `pipelines.landing`. Whatever is raised, every batch with a manifest is whole and stays."""

from __future__ import annotations


class LandingError(Exception):
    """Landing could not go on. Batches that were closed before stand; an open one is removed by the next run."""


class ControlTotalError(LandingError):
    """Rows or money in are not loaded + quarantined + superseded. The batch was not closed."""


class AlteredBatchError(LandingError):
    """A landed file is missing or is not what its manifest says. Nothing may be built from it."""


class ManifestError(LandingError):
    """A manifest cannot be read. Nothing may be built from its batch."""
