-- One row per vendor.
select
    vendor_id,
    name,
    country,
    category,
    payment_terms_days,
    currency,
    intercompany_entity_id,
    intercompany_entity_id is not null as is_intercompany,
    source_system,
    source_id
from {{ ref('int_vendors') }}
