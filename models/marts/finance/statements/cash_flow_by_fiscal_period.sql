-- One row per method, entity, fiscal period of the company's calendar and line: cash_flow_statement for the periods of that
-- calendar, by the same steps. By either method the lines of a period add up to the change of cash and bank.
with balances as (
    select
        *,
        fiscal_period_start_on as period_on
    from {{ ref('trial_balance_by_fiscal_period') }}
),

dates as (select * from {{ ref('dim_dates') }}),

cash_flows as (
    select
        flows.entity_id,
        dates.fiscal_period_start_on as period_on,
        flows.cash_flow_class,
        flows.section,
        flows.statement_line,
        flows.statement_line_sort,
        flows.amount_local,
        flows.amount_rpt
    from {{ ref('fct_cash_flows') }} as flows
    inner join dates on flows.posted_on = dates.date_on
),

accounts as (select * from {{ ref('dim_accounts') }}),

account_types as (select * from {{ ref('account_types') }}),

sheet as (
    select
        *,
        fiscal_period_start_on as period_on
    from {{ ref('balance_sheet_by_fiscal_period') }}
),

{{ cash_flow_lines() }},

every_line as (
    select * from flows
    union all
    select * from exchange_effects
)

select
    every_line.method,
    every_line.entity_id,
    every_line.period_on as fiscal_period_start_on,
    dates.fiscal_period_end_on,
    dates.fiscal_year,
    dates.fiscal_quarter,
    dates.fiscal_period,
    dates.fiscal_period_label,
    every_line.cash_flow_class,
    every_line.section,
    every_line.statement_line,
    every_line.statement_line_sort,
    every_line.amount_local,
    every_line.amount_rpt
from every_line
inner join dates on every_line.period_on = dates.date_on
