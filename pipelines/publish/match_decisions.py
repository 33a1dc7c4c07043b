"""Decisions of people on company records as an input of a run: what they add to its inputs, and raw.match_decision.

They are taken in `company.match_decisions`; what follows from one is a model's.
"""

from __future__ import annotations

import hashlib

import duckdb

from company.folders import DataFolder
from company.match_decisions import read_decisions
from pipelines.warehouse.system_tables import replace_rows


def decisions_hash(folders: DataFolder) -> str:
    """What decisions add to a run's inputs; empty while nobody took any, so that older versions keep their own."""
    taken = read_decisions(folders)
    return hashlib.sha256(repr(taken).encode()).hexdigest() if taken else ""


def load_decisions(connection: duckdb.DuckDBPyConnection, folders: DataFolder) -> None:
    """Fill raw.match_decision with every decision."""
    rows = [
        {
            "decision_no": taken.decision_no,
            "action": taken.decision.action,
            "side": taken.decision.side,
            "record_id": taken.decision.record_id,
            "other_record_id": taken.decision.other_record_id,
            "undone_no": taken.decision.undone_no,
            "reason": taken.decision.reason,
            "decided_by": taken.decided_by,
            "decided_at": taken.decided_at.replace(tzinfo=None),
        }
        for taken in read_decisions(folders)
    ]
    replace_rows(connection, "match_decision", rows)
