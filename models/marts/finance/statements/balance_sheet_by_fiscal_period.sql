-- One row per entity, fiscal period of the company's calendar and line of the statement, as it stands at the period's end or
-- on the as-of day. Signs, results in equity and rates are those of balance_sheet: the closing rate is that of the period's
-- last day with a rate, and where the period ends with a month, that month's.
with trial_balances as (select * from {{ ref('trial_balance_by_fiscal_period') }}),

accounts as (select * from {{ ref('dim_accounts') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

month_ends as (select * from {{ ref('int_month_ends') }}),

month_rates as (select * from {{ ref('int_month_rates') }}),

daily_rates as (select * from {{ ref('int_reporting_rates') }}),

run_context as (select * from {{ ref('int_run_context') }}),

balances as (
    select
        *,
        fiscal_period_start_on as period_on
    from trial_balances
),

results as (
    select
        *,
        fiscal_period_start_on as period_on
    from {{ ref('profit_and_loss_by_fiscal_period') }}
),

period_ends as (
    select distinct
        trial_balances.fiscal_period_start_on as period_on,
        trial_balances.fiscal_year,
        trial_balances.fiscal_quarter,
        trial_balances.fiscal_period,
        trial_balances.fiscal_period_label,
        trial_balances.fiscal_period_end_on,
        least(trial_balances.fiscal_period_end_on, run_context.as_of) as as_of_on
    from trial_balances
    cross join run_context
),

last_rates as (
    select
        daily_rates.currency,
        period_ends.period_on,
        max(daily_rates.rate_on) as rate_on
    from period_ends
    inner join daily_rates on daily_rates.rate_on between period_ends.period_on and period_ends.as_of_on
    group by daily_rates.currency, period_ends.period_on
),

currencies as (
    select distinct currency
    from entities
),

closing_rates as (
    select
        currencies.currency,
        period_ends.period_on,
        coalesce(month_rates.closing_rate, daily_rates.rate) as closing_rate
    from currencies
    cross join period_ends
    left join month_ends on period_ends.as_of_on = month_ends.as_of_on
    left join month_rates
        on
            currencies.currency = month_rates.currency
            and month_ends.month_on = month_rates.month_on
    left join last_rates
        on
            currencies.currency = last_rates.currency
            and period_ends.period_on = last_rates.period_on
    left join daily_rates
        on
            last_rates.currency = daily_rates.currency
            and last_rates.rate_on = daily_rates.rate_on
),

{{ balance_sheet_lines() }}

select
    every_line.entity_id,
    every_line.period_on as fiscal_period_start_on,
    period_ends.fiscal_period_end_on,
    period_ends.fiscal_year,
    period_ends.fiscal_quarter,
    period_ends.fiscal_period,
    period_ends.fiscal_period_label,
    every_line.class,
    every_line.statement_line,
    every_line.statement_line_sort,
    every_line.balance_local,
    every_line.balance_rpt,
    every_line.posted_rpt,
    {{ money('every_line.balance_rpt - every_line.posted_rpt') }} as translation_difference_rpt
from every_line
inner join period_ends on every_line.period_on = period_ends.period_on
