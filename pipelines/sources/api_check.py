"""`source check` of a system with an API: what would be read of each object, and which fields are mapped or missing.

Belongs here: putting a reader's answers into the report that files give too. Does not: signing in or reading records.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.sources.api import OpenedReader
from pipelines.sources.source_check import CheckedColumn, CheckedFile, SourceCheck
from pipelines.sources.systems import SystemObject


def check_api(opened: OpenedReader, objects: Sequence[SystemObject]) -> SourceCheck:
    """What would be read of each object. Lands nothing."""
    files, missing = [], []
    with opened as reader:
        for wanted in objects:
            checked = reader.check(wanted)
            if not checked.refusal and not checked.mapped:
                missing.append(wanted.name)
                continue
            files.append(
                CheckedFile(
                    checked.name,
                    checked.entity,
                    checked.records,
                    checked.refusal,
                    mapped=tuple(CheckedColumn(column, field) for column, field in checked.mapped),
                    unmapped=tuple(CheckedColumn("", field) for field in checked.unmapped),
                    missing=tuple(CheckedColumn(column, field) for column, field in checked.missing),
                )
            )
    return SourceCheck(tuple(files), (), tuple(missing))
