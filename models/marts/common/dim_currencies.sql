-- One row per currency (ISO 4217).
select
    currency,
    name,
    minor_units
from {{ ref('currencies') }}
