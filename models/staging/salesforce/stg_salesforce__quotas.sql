-- One row per owner and month. An org may set quotas per product family too: they add up.
with quotas as (select * from {{ source('raw', 'salesforce_forecasting_quota') }}),

by_month as (
    select
        *,
        cast(date_trunc('month', started_on) as date) as period_on
    from quotas
    where amount_doc is not null
)

select
    quota_owner_id as owner_id,
    period_on,
    cast(sum(amount_doc) as decimal(18, 2)) as amount_doc,
    currency,
    source_system,
    {{ number_of('quota_owner_id') }} || '|' || cast(period_on as varchar) as source_id,
    max(batch_id) as batch_id,
    max(batch_row) as batch_row,
    max(loaded_at) as loaded_at
from by_month
group by quota_owner_id, period_on, currency, source_system
