-- One row per entity, period end and line of the statement. Assets are debit positive, liabilities and equity credit
-- positive. The result of the year and of earlier years stand in equity until a closing entry carries them to retained
-- earnings; closing entries close the oldest result first.
-- Reporting amounts: assets and liabilities at the closing rate, equity at the rates of its posting days, results as in
-- profit_and_loss; what that leaves open is the line "Translation difference". posted_rpt is the balance at the rates of
-- its posting days, translation_difference_rpt what leads from it to balance_rpt. Local amounts are never made to balance.
with balances as (select * from {{ ref('trial_balance') }}),

results as (select * from {{ ref('profit_and_loss') }}),

accounts as (select * from {{ ref('dim_accounts') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

month_ends as (select * from {{ ref('int_month_ends') }}),

dates as (select * from {{ ref('dim_dates') }}),

closing_rates as (
    select
        currency,
        month_on as period_on,
        closing_rate
    from {{ ref('int_month_rates') }}
),

period_ends as (
    select
        month_ends.month_on as period_on,
        dates.fiscal_year
    from month_ends
    inner join dates on month_ends.as_of_on = dates.date_on
),

{{ balance_sheet_lines() }}

select
    every_line.entity_id,
    every_line.period_on,
    month_ends.as_of_on as period_end_on,
    every_line.class,
    every_line.statement_line,
    every_line.statement_line_sort,
    every_line.balance_local,
    every_line.balance_rpt,
    every_line.posted_rpt,
    {{ money('every_line.balance_rpt - every_line.posted_rpt') }} as translation_difference_rpt
from every_line
inner join month_ends on every_line.period_on = month_ends.month_on
