-- One row per source row that is new, gone or changed in a month whose published values changed, by the version that changed
-- them. The run appends to it after the checks have passed.
select
    period_on,
    relation,
    entity_id,
    document_type,
    document_id,
    source_system,
    source_id,
    change,
    old_amount,
    new_amount,
    rows_count,
    old_version,
    new_version,
    changed_at
from {{ source('raw', 'restatement_cause_history') }}
