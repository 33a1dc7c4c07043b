-- One row per landed batch: what was read from a file and what became of its rows. Refused files are kept as such.
select
    batch_id,
    source_system,
    entity,
    kind,
    file_name,
    lower_at,
    upper_at,
    read_at,
    rows_in,
    rows_loaded,
    rows_quarantined,
    rows_superseded,
    status,
    message
from {{ source('raw', 'batch') }}
