-- One row per thing that a close must look at: bad input that was loaded and counts, with its document, its amount and what is
-- wrong with it. Nothing here is left out of any total; what is left out is in operations.fct_held_rows and
-- operations.fct_quarantined_rows. A total without the exceptions is the total less these amounts.
with exceptions as (
    select * from {{ ref('posting_exceptions') }}
    union all
    select * from {{ ref('document_exceptions') }}
    union all
    select * from {{ ref('master_exceptions') }}
    union all
    select * from {{ ref('control_exceptions') }}
),

entities as (select * from {{ ref('int_legal_entities') }})

select
    exceptions.kind,
    exceptions.source_system,
    exceptions.entity_id,
    exceptions.period_on,
    entities.currency,
    exceptions.document_type,
    exceptions.document_id,
    exceptions.detail,
    {{ money('exceptions.amount_local') }} as amount_local,
    exceptions.message,
    exceptions.document_key
from exceptions
left join entities on exceptions.entity_id = entities.entity_id
