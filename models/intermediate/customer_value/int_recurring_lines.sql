-- One row per recurring contract line of an outside customer that has begun: its amount per month in the reporting currency, at
-- one rate, that of the as-of date, whenever the line ran: a currency that rises is no expansion. A line in a currency without a
-- rate has null. Margin per month is revenue times the margin ratio of the segment's invoiced subscriptions.
{{ config(materialized='table') }}

with subscription_lines as (select * from {{ ref('int_subscription_lines') }}),

invoice_lines as (select * from {{ ref('fct_invoice_lines') }}),

party_customers as (select * from {{ ref('int_party_customers') }}),

party_accounts as (select * from {{ ref('int_party_accounts') }}),

party_profiles as (select * from {{ ref('int_party_profiles') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

run_context as (select * from {{ ref('int_run_context') }}),

margin_ratios as (
    select
        party_profiles.segment,
        {{ ratio('sum(invoice_lines.margin_rpt)', 'sum(invoice_lines.net_rpt)') }} as margin_ratio
    from invoice_lines
    inner join party_customers
        on invoice_lines.customer_id = party_customers.customer_id
    inner join party_profiles
        on party_customers.party_id = party_profiles.party_id
    where invoice_lines.item_type = 'subscription' and invoice_lines.is_cost_known and not invoice_lines.is_intercompany
    group by party_profiles.segment
),

begun as (
    select
        subscription_lines.subscription_line_id,
        subscription_lines.source_system,
        subscription_lines.source_id,
        coalesce(party_customers.party_id, party_accounts.party_id) as party_id,
        coalesce(subscription_lines.item_id, 'none') as item_id,
        subscription_lines.started_on,
        -- An end that lies ahead is a plan, and the as-of date knows none.
        case when subscription_lines.ended_on < run_context.as_of then subscription_lines.ended_on end as ended_on,
        subscription_lines.currency,
        cast(subscription_lines.amount_doc / subscription_lines.interval_months as decimal(18, 4)) as monthly_doc,
        case
            when subscription_lines.currency = run_context.reporting_currency then cast(1 as decimal(18, 10))
            else reporting_rates.rate
        end as rate
    from subscription_lines
    cross join run_context
    left join party_customers
        on subscription_lines.customer_id = party_customers.customer_id
    left join party_accounts
        on subscription_lines.account_id = party_accounts.account_id
    left join reporting_rates
        on subscription_lines.currency = reporting_rates.currency and run_context.as_of = reporting_rates.rate_on
    where
        subscription_lines.started_on <= run_context.as_of
        and subscription_lines.interval_months > 0
        and coalesce(subscription_lines.ended_on >= subscription_lines.started_on, true)
        and coalesce(party_customers.status, 'unmatched') <> 'intercompany'
),

final as (
    select
        begun.subscription_line_id,
        begun.source_system,
        begun.source_id,
        begun.party_id,
        party_profiles.segment,
        party_profiles.region,
        begun.item_id,
        begun.started_on,
        begun.ended_on,
        begun.currency,
        {{ money('begun.monthly_doc * cast(begun.rate as decimal(18, 6))') }} as monthly_rpt,
        {{ money('begun.monthly_doc * cast(begun.rate as decimal(18, 6)) * margin_ratios.margin_ratio') }} as monthly_margin_rpt
    from begun
    inner join party_profiles
        on begun.party_id = party_profiles.party_id
    left join margin_ratios
        on party_profiles.segment = margin_ratios.segment
)

select * from final
