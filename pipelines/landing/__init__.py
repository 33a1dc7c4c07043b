"""Landing: what a source delivered, kept for ever as it came and as typed rows, with proof that nothing is missing.

Belongs here: batches, manifests, cursors, quarantine, contracts. Does not: what a file format is (sources), what is
built from batches (warehouse), and any rule of the business (models).
"""

from pipelines.landing.manifests import BatchManifest, batches_hash, read_manifests, verify_batch
from pipelines.landing.settings_edge import check_source, land_source, landed_entities, nothing_new
from pipelines.landing.source_landing import SourceLanding

__all__ = [
    "BatchManifest",
    "SourceLanding",
    "batches_hash",
    "check_source",
    "land_source",
    "landed_entities",
    "nothing_new",
    "read_manifests",
    "verify_batch",
]
