-- One row per order, order line or purchase order whose delivery promise was changed after it was first read: the first one.
select
    entity,
    source_system,
    source_id,
    promised_on
from {{ source('raw', 'first_promise') }}
