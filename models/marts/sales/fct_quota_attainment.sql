-- One row per owner and month with a quota or won deals: what was to be won, what was, and what the open pipeline of the month could
-- still bring. Of a deal that several owners share, each has a part. The quota is at the rate of the month's first day. Coverage at
-- the start is what was due then over the whole quota; coverage now is what is open and due over what is missing, null once the quota
-- is met: there is no gap to cover.
with quotas as (select * from {{ ref('int_quotas') }}),

deals as (select * from {{ ref('fct_deals') }}),

shares as (select * from {{ ref('int_deal_shares') }}),

due_waterfall as (select * from {{ ref('fct_pipeline_due_waterfall') }}),

owners as (select * from {{ ref('dim_owners') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

run_context as (select * from {{ ref('int_run_context') }}),

quota_months as (
    select
        quotas.owner_id,
        {{ month_of('quotas.period_on') }} as month_on,
        sum(case
            when quotas.currency = run_context.reporting_currency then quotas.amount_doc
            else {{ converted('quotas.amount_doc', 'reporting_rates.rate') }}
        end) as quota_rpt,
        count(*) = count(case when quotas.currency = run_context.reporting_currency then 1 else reporting_rates.rate end) as is_complete
    from quotas
    cross join run_context
    left join reporting_rates
        on quotas.currency = reporting_rates.currency and quotas.period_on = reporting_rates.rate_on
    group by quotas.owner_id, {{ month_of('quotas.period_on') }}
),

won_months as (
    select
        shares.owner_id,
        {{ month_of('deals.closed_on') }} as month_on,
        count(*) as won_count,
        sum({{ shared('coalesce(deals.amount_rpt, 0)') }}) as won_rpt
    from deals
    inner join shares
        on deals.deal_id = shares.deal_id
    where deals.is_won
    group by shares.owner_id, {{ month_of('deals.closed_on') }}
),

due_months as (
    select
        shares.owner_id,
        {{ month_of('deals.expected_close_on') }} as month_on,
        sum({{ shared('coalesce(deals.amount_rpt, 0)') }}) as due_pipeline_rpt
    from deals
    inner join shares
        on deals.deal_id = shares.deal_id
    where deals.is_open and deals.expected_close_on is not null
    group by shares.owner_id, {{ month_of('deals.expected_close_on') }}
),

opening_months as (
    select
        coalesce(shares.owner_id, due_waterfall.owner_id) as owner_id,
        due_waterfall.month_on,
        sum(case
            when shares.deal_id is null then due_waterfall.opening_rpt else {{ shared('due_waterfall.opening_rpt') }}
        end) as opening_due_pipeline_rpt
    from due_waterfall
    -- What was due may have been merged or deleted since; it stays with its last owner.
    left join shares
        on due_waterfall.deal_id = shares.deal_id
    where coalesce(shares.owner_id, due_waterfall.owner_id) is not null
    group by coalesce(shares.owner_id, due_waterfall.owner_id), due_waterfall.month_on
),

members as (
    select owner_id, month_on from quota_months
    union
    select owner_id, month_on from won_months
),

joined as (
    select
        members.owner_id,
        members.month_on,
        case when quota_months.is_complete then quota_months.quota_rpt end as quota_rpt,
        coalesce(won_months.won_count, 0) as won_count,
        coalesce(won_months.won_rpt, 0) as won_rpt,
        coalesce(due_months.due_pipeline_rpt, 0) as due_pipeline_rpt,
        coalesce(opening_months.opening_due_pipeline_rpt, 0) as opening_due_pipeline_rpt
    from members
    left join quota_months
        on members.owner_id = quota_months.owner_id and members.month_on = quota_months.month_on
    left join won_months
        on members.owner_id = won_months.owner_id and members.month_on = won_months.month_on
    left join due_months
        on members.owner_id = due_months.owner_id and members.month_on = due_months.month_on
    left join opening_months
        on members.owner_id = opening_months.owner_id and members.month_on = opening_months.month_on
),

final as (
    select
        joined.owner_id,
        joined.month_on,
        owners.name as owner_name,
        owners.team,
        owners.region,
        {{ money('joined.quota_rpt') }} as quota_rpt,
        cast(joined.won_count as integer) as won_count,
        {{ money('joined.won_rpt') }} as won_rpt,
        {{ money(
            'case when joined.quota_rpt > joined.won_rpt then joined.quota_rpt - joined.won_rpt'
            ~ ' when joined.quota_rpt is not null then 0 end'
        ) }} as gap_rpt,
        {{ money('joined.opening_due_pipeline_rpt') }} as opening_due_pipeline_rpt,
        {{ money('joined.due_pipeline_rpt') }} as due_pipeline_rpt,
        cast({{ ratio('joined.won_rpt', 'joined.quota_rpt') }} as decimal(18, 6)) as attainment_ratio,
        cast({{ ratio('joined.opening_due_pipeline_rpt', 'joined.quota_rpt') }} as decimal(18, 6)) as opening_coverage_ratio,
        case
            when joined.quota_rpt > joined.won_rpt
                then cast({{ ratio('joined.due_pipeline_rpt', '(joined.quota_rpt - joined.won_rpt)') }} as decimal(18, 6))
        end as coverage_ratio
    from joined
    left join owners
        on joined.owner_id = owners.owner_id
)

select * from final
