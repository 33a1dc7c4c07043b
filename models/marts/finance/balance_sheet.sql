-- One row per entity, period end and line of the statement. Assets are debit positive, liabilities and equity credit
-- positive. The result of the year and of earlier years stand in equity without closing entries.
-- Reporting amounts: assets and liabilities at the closing rate, equity at the rates of its posting days, results as in
-- profit_and_loss; what that leaves open is the line "Translation difference". Local amounts are never made to balance.
with balances as (select * from {{ ref('trial_balance') }}),

results as (select * from {{ ref('profit_and_loss') }}),

accounts as (select * from {{ ref('dim_accounts') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

month_rates as (select * from {{ ref('int_month_rates') }}),

month_ends as (select * from {{ ref('int_month_ends') }}),

dates as (select * from {{ ref('dim_dates') }}),

standing as (
    select
        balances.entity_id,
        balances.period_on,
        accounts.class,
        accounts.statement_line,
        accounts.statement_line_sort,
        {{ money("sum(case when accounts.class in ('liability', 'equity') then -1 else 1 end * balances.closing_local)") }}
            as balance_local,
        {{ money("sum(case when accounts.class in ('liability', 'equity') then -1 else 1 end * balances.closing_rpt)") }}
            as balance_at_posting_rates
    from balances
    inner join accounts on balances.account_id = accounts.account_id
    where accounts.statement <> 'profit_and_loss'
    group by
        balances.entity_id,
        balances.period_on,
        accounts.class,
        accounts.statement_line,
        accounts.statement_line_sort
),

translated as (
    select
        standing.entity_id,
        standing.period_on,
        standing.class,
        standing.statement_line,
        standing.statement_line_sort,
        standing.balance_local,
        case
            when entities.is_reporting_currency then standing.balance_local
            when standing.class = 'equity' or month_rates.closing_rate is null then standing.balance_at_posting_rates
            else {{ converted('standing.balance_local', 'month_rates.closing_rate') }}
        end as balance_rpt
    from standing
    inner join entities on standing.entity_id = entities.entity_id
    left join month_rates
        on
            entities.currency = month_rates.currency
            and standing.period_on = month_rates.month_on
),

periods as (
    select distinct
        balances.entity_id,
        balances.period_on,
        dates.fiscal_year
    from balances
    inner join month_ends on balances.period_on = month_ends.month_on
    inner join dates on month_ends.as_of_on = dates.date_on
),

monthly_results as (
    select
        periods.entity_id,
        periods.period_on,
        periods.fiscal_year,
        sum(coalesce(results.amount_local, 0)) as amount_local,
        sum(coalesce(results.amount_rpt, 0)) as amount_rpt
    from periods
    left join results
        on
            periods.entity_id = results.entity_id
            and periods.period_on = results.period_on
    group by periods.entity_id, periods.period_on, periods.fiscal_year
),

running_results as (
    select
        entity_id,
        period_on,
        sum(amount_local) over (
            partition by entity_id order by period_on rows between unbounded preceding and current row
        ) as all_local,
        sum(amount_rpt) over (
            partition by entity_id order by period_on rows between unbounded preceding and current row
        ) as all_rpt,
        sum(amount_local) over (
            partition by entity_id, fiscal_year order by period_on rows between unbounded preceding and current row
        ) as year_local,
        sum(amount_rpt) over (
            partition by entity_id, fiscal_year order by period_on rows between unbounded preceding and current row
        ) as year_rpt
    from monthly_results
),

result_lines as (
    select
        entity_id,
        period_on,
        'equity' as class,
        'Result of earlier years' as statement_line,
        430 as statement_line_sort,
        {{ money('all_local - year_local') }} as balance_local,
        {{ money('all_rpt - year_rpt') }} as balance_rpt
    from running_results
    union all
    select
        entity_id,
        period_on,
        'equity' as class,
        'Result for the year' as statement_line,
        440 as statement_line_sort,
        {{ money('year_local') }} as balance_local,
        {{ money('year_rpt') }} as balance_rpt
    from running_results
),

own_lines as (
    select * from translated
    union all
    select * from result_lines
),

translation_differences as (
    select
        entity_id,
        period_on,
        'equity' as class,
        'Translation difference' as statement_line,
        450 as statement_line_sort,
        cast(0 as decimal(18, 2)) as balance_local,
        {{ money("sum(case class when 'asset' then balance_rpt when 'unclassified' then balance_rpt else -balance_rpt end)") }}
            as balance_rpt
    from own_lines
    group by entity_id, period_on
),

every_line as (
    select * from own_lines
    union all
    select * from translation_differences
)

select
    every_line.entity_id,
    every_line.period_on,
    month_ends.as_of_on as period_end_on,
    every_line.class,
    every_line.statement_line,
    every_line.statement_line_sort,
    every_line.balance_local,
    every_line.balance_rpt
from every_line
inner join month_ends on every_line.period_on = month_ends.month_on
