-- One row per legal entity of the company.
select
    entity_id,
    name,
    currency,
    country,
    reporting_currency,
    is_reporting_currency,
    source_system,
    source_id
from {{ ref('int_legal_entities') }}
