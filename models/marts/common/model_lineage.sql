-- One row per model and what it reads directly.
select
    model,
    model_kind,
    reads,
    reads_kind
from {{ source('raw', 'model_lineage') }}
