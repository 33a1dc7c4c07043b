-- One row per campaign and month with spend, in the reporting currency at the rates of the days. A campaign with a row in a currency
-- without a rate in the month has no amount there: a part of its spend is not its spend.
with campaign_spend as (select * from {{ ref('int_campaign_spend') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

run_context as (select * from {{ ref('int_run_context') }}),

converted_spend as (
    select
        campaign_spend.campaign_id,
        {{ month_of('campaign_spend.spent_on') }} as month_on,
        campaign_spend.clicks,
        campaign_spend.impressions,
        case
            when campaign_spend.currency = run_context.reporting_currency then campaign_spend.amount_doc
            else {{ converted('campaign_spend.amount_doc', 'reporting_rates.rate') }}
        end as amount_rpt
    from campaign_spend
    cross join run_context
    left join reporting_rates
        on campaign_spend.currency = reporting_rates.currency and campaign_spend.spent_on = reporting_rates.rate_on
    where campaign_spend.spent_on <= run_context.as_of
),

final as (
    select
        campaign_id,
        month_on,
        {{ money('case when count(*) = count(amount_rpt) then sum(amount_rpt) end') }} as spend_rpt,
        sum(clicks) as clicks_count,
        sum(impressions) as impressions_count
    from converted_spend
    group by campaign_id, month_on
)

select * from final
