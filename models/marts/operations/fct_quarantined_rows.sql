-- One row per row of a source file that could not be read, with what is wrong and the row as it was written.
select
    source_system,
    entity,
    source_id,
    document_id,
    batch_id,
    file_name,
    row_number,
    column_name,
    value,
    reason,
    message,
    record,
    loaded_at
from {{ source('raw', 'quarantined_row') }}
