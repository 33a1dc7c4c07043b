"""One row per pair of CRM account and ERP customer whose names are alike, where one of them has no counterpart yet. A
pair that somebody rejected is left out and rivals nobody. Figures are in double; int_party_proposals judges them."""

from pipelines.statistics.record_linkage.likeness import alike_pairs


def model(dbt, session):
    records = dbt.ref("int_party_candidates")
    decisions = dbt.ref("int_party_decisions")
    rejected = decisions.filter("action = 'reject' and status = 'in_force'")
    ruled_out = rejected.project("record_id as account_id, other_record_id as customer_id")
    return alike_pairs(records.pl(), ruled_out.pl()).to_arrow()
