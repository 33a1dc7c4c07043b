-- One row per step, ERP customer and CRM account that the whole ladder recognises as one company: the steps of exact keys and
-- decisions, and as the last one names alike that a second key confirms.
with hits as (select * from {{ ref('int_party_hits') }}),

proposals as (select * from {{ ref('int_party_proposals') }})

select
    step,
    method,
    customer_id,
    account_id,
    evidence_count,
    is_decisive,
    cast(1 as decimal(9, 6)) as score
from hits
union all
select
    7 as step,
    'likeness_and_second_key' as method,
    customer_id,
    account_id,
    cast(1 as bigint) as evidence_count,
    true as is_decisive,
    score
from proposals
where is_accepted
