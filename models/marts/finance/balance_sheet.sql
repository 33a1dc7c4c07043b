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
            as posted_rpt
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
        standing.posted_rpt,
        case
            when entities.is_reporting_currency then standing.balance_local
            when standing.class = 'equity' or month_rates.closing_rate is null then standing.posted_rpt
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
        sum(coalesce(results.amount_rpt, 0)) as amount_rpt,
        sum(coalesce(results.posted_rpt, 0)) as posted_rpt
    from periods
    left join results
        on
            periods.entity_id = results.entity_id
            and periods.period_on = results.period_on
    group by periods.entity_id, periods.period_on, periods.fiscal_year
),

-- Carried to retained earnings, credit positive: what a closing entry takes off a profit is negative.
monthly_closings as (
    select
        balances.entity_id,
        balances.period_on,
        -sum(balances.closing_entries_local) as closed_local,
        -sum(balances.closing_entries_rpt) as closed_rpt
    from balances
    inner join accounts on balances.account_id = accounts.account_id
    where accounts.statement = 'profit_and_loss'
    group by balances.entity_id, balances.period_on
),

running_results as (
    select
        monthly_results.entity_id,
        monthly_results.period_on,
        monthly_results.fiscal_year,
        sum(monthly_results.amount_local) over years_to_date as year_local,
        sum(monthly_results.amount_rpt) over years_to_date as year_rpt,
        sum(monthly_results.posted_rpt) over years_to_date as year_posted_rpt,
        sum(coalesce(monthly_closings.closed_local, 0)) over years_to_date as year_closed_local,
        sum(coalesce(monthly_closings.closed_rpt, 0)) over years_to_date as year_closed_rpt,
        sum(monthly_results.amount_local + coalesce(monthly_closings.closed_local, 0)) over all_time as open_local,
        sum(monthly_results.amount_rpt + coalesce(monthly_closings.closed_rpt, 0)) over all_time as open_rpt,
        sum(monthly_results.posted_rpt + coalesce(monthly_closings.closed_rpt, 0)) over all_time as open_posted_rpt
    from monthly_results
    left join monthly_closings
        on
            monthly_results.entity_id = monthly_closings.entity_id
            and monthly_results.period_on = monthly_closings.period_on
    window
        years_to_date as (
            partition by monthly_results.entity_id, monthly_results.fiscal_year
            order by monthly_results.period_on rows between unbounded preceding and current row
        ),
        all_time as (
            partition by monthly_results.entity_id
            order by monthly_results.period_on rows between unbounded preceding and current row
        )
),

earlier_results as (
    select
        *,
        open_local - year_local - year_closed_local as brought_forward_local
    from running_results
),

-- What of the year's closing entries goes beyond the results brought forward closes the year's own result.
closed_results as (
    select
        *,
        case
            when sign(year_closed_local) = -sign(brought_forward_local)
                then sign(year_closed_local) * greatest(abs(year_closed_local) - abs(brought_forward_local), 0)
            else year_closed_local
        end as year_own_closed_local
    from earlier_results
),

results_standing as (
    select
        entity_id,
        period_on,
        open_local,
        open_rpt,
        open_posted_rpt,
        year_local + year_own_closed_local as year_local,
        case
            when year_own_closed_local = 0 then year_rpt
            when open_local = year_local + year_own_closed_local then open_rpt
            else year_rpt + year_closed_rpt
        end as year_rpt,
        case
            when year_own_closed_local = 0 then year_posted_rpt
            when open_local = year_local + year_own_closed_local then open_posted_rpt
            else year_posted_rpt + year_closed_rpt
        end as year_posted_rpt
    from closed_results
),

result_lines as (
    select
        entity_id,
        period_on,
        'equity' as class,
        'Result of earlier years' as statement_line,
        430 as statement_line_sort,
        {{ money('open_local - year_local') }} as balance_local,
        {{ money('open_posted_rpt - year_posted_rpt') }} as posted_rpt,
        {{ money('open_rpt - year_rpt') }} as balance_rpt
    from results_standing
    union all
    select
        entity_id,
        period_on,
        'equity' as class,
        'Result for the year' as statement_line,
        440 as statement_line_sort,
        {{ money('year_local') }} as balance_local,
        {{ money('year_posted_rpt') }} as posted_rpt,
        {{ money('year_rpt') }} as balance_rpt
    from results_standing
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
        cast(0 as decimal(18, 2)) as posted_rpt,
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
    every_line.balance_rpt,
    every_line.posted_rpt,
    {{ money('every_line.balance_rpt - every_line.posted_rpt') }} as translation_difference_rpt
from every_line
inner join month_ends on every_line.period_on = month_ends.month_on
