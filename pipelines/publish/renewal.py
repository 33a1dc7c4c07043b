"""Access files of the current version, written again after roles or users have changed. The numbers stay."""

from __future__ import annotations

import shutil

from company.errors import VersionError
from company.settings import Settings
from company.versions import VersionManifest, current_version, read_manifest, sync_folder, write_json
from pipelines.publish.release import write_profiles
from pipelines.publish.versions import file_state, sync_tree, verify_files


def renew_profiles(settings: Settings) -> VersionManifest:
    """Write the profiles in use for the current version, drop those that nobody has any more. Call with the lock held.

    Raises VersionError before the first publish, VersionFileError where the version itself is damaged.
    """
    folders = settings.folders
    version = current_version(folders)
    if version is None:
        raise VersionError("nothing is published yet; run `plumbline run`")
    folder = folders.version(version)
    manifest = read_manifest(folders, version)
    marts_only = manifest.model_copy(update={"files": {"marts.duckdb": manifest.files["marts.duckdb"]}})
    verify_files(folders, version, manifest=marts_only)
    opened = folder / ".profiles"
    shutil.rmtree(opened, ignore_errors=True)
    states = write_profiles(settings, folder / "marts.duckdb", opened)
    sync_tree(opened)
    kept = folder / "profiles"
    kept.mkdir(exist_ok=True)
    for path in sorted(opened.iterdir()):
        path.replace(kept / path.name)
    sync_folder(kept)
    files = {f"profiles/{name}.duckdb": file_state(kept / f"{name}.duckdb") for name in states}
    renewed = marts_only.model_copy(update={"files": {**marts_only.files, **files}, "profiles": states})
    write_json(folder / "manifest.json", renewed)
    for path in kept.glob("*.duckdb"):
        if path.stem not in states:
            path.unlink()
    opened.rmdir()
    return renewed
