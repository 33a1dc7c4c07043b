"""Match review: pairs of CRM account and ERP customer that may be one company, and what people decided about them.

Belongs here: the queue and the decisions that this version does not know yet. Does not: taking a decision
(`company.match_decisions`), what follows from it (models).
"""

from __future__ import annotations

import pyarrow as pa

from company.match_decisions import TakenDecision, read_decisions
from dashboards.reading import Reading


def waiting(reading: Reading, *, most: int = 200) -> pa.Table:
    """The queue, the most money at stake first, without pairs that somebody has decided since this version."""
    table = reading.rows(
        "select queue_no, account_name, customer_name, account_country, customer_country, band, method,"
        " cast(score as double) as score_ratio, second_key, at_stake_rpt, net_rpt, won_rpt, crm_account_id, customer_id"
        " from customers.fct_match_proposals order by queue_no limit $most",
        most=most,
    )
    decided = {(taken.decision.record_id, taken.decision.other_record_id) for taken in fresh(reading)}
    keep = [(row["crm_account_id"], row["customer_id"]) not in decided for row in table.to_pylist()]
    return table.filter(pa.array(keep, pa.bool_()))


def fresh(reading: Reading) -> tuple[TakenDecision, ...]:
    """Decisions that were taken after this version was built: they count from the next run on."""
    built = reading.manifest.created_at
    return tuple(taken for taken in read_decisions(reading.folder) if taken.decided_at > built)


def decided(reading: Reading, *, most: int = 200) -> pa.Table:
    """Decisions that this version knows, the newest first."""
    return reading.rows(
        "select decision_no, action, record_name, other_record_name, reason, decided_by, decided_at, status"
        " from customers.fct_match_decisions order by decision_no desc limit $most",
        most=most,
    )
