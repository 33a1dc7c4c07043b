-- One row per published value that a later version changed. The run appends to it after the checks have passed.
select
    metric,
    dimension,
    dimension_value,
    period_on,
    old_value,
    new_value,
    difference,
    old_version,
    new_version,
    changed_at
from {{ source('raw', 'restatement_history') }}
