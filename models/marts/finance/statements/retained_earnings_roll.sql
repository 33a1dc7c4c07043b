-- One row per entity and month: how the results that stand in equity came from the month before. Opening balance, the
-- month's result, what was posted to retained earnings otherwise (dividends, corrections, the opening of the books), what
-- closing entries carried in less what they took out of the result, closing balance.
-- The lines of the balance sheet it covers: Retained earnings, Current earnings, Result of earlier years, Result for the year.
with balances as (select * from {{ ref('trial_balance') }}),

account_types as (select * from {{ ref('account_types') }}),

accounts as (select * from {{ ref('dim_accounts') }}),

results as (select * from {{ ref('profit_and_loss') }}),

sheet as (select * from {{ ref('balance_sheet') }}),

month_ends as (select * from {{ ref('int_month_ends') }}),

dates as (select * from {{ ref('dim_dates') }}),

earned as (
    select
        entity_id,
        period_on,
        sum(amount_local) as result_local,
        sum(amount_rpt) as result_rpt
    from results
    group by entity_id, period_on
),

posted as (
    select
        balances.entity_id,
        balances.period_on,
        sum(case
            when accounts.account_type in ('retained_earnings', 'current_earnings')
                then balances.credit_local - balances.debit_local + balances.closing_entries_local
            else 0
        end) as posted_local,
        sum(case
            when accounts.account_type in ('retained_earnings', 'current_earnings')
                then balances.credit_rpt - balances.debit_rpt + balances.closing_entries_rpt
            else 0
        end) as posted_rpt,
        -sum(balances.closing_entries_local) as closing_entries_local,
        -sum(balances.closing_entries_rpt) as closing_entries_rpt
    from balances
    inner join accounts on balances.account_id = accounts.account_id
    where
        accounts.account_type in ('retained_earnings', 'current_earnings')
        or accounts.statement = 'profit_and_loss'
    group by balances.entity_id, balances.period_on
),

result_lines as (
    select statement_line
    from account_types
    where account_type in ('retained_earnings', 'current_earnings')
    union all
    select lines.statement_line
    from (values ('Result of earlier years'), ('Result for the year')) as lines (statement_line)
),

standing as (
    select
        sheet.entity_id,
        sheet.period_on,
        sum(sheet.balance_local) as closing_local,
        sum(sheet.balance_rpt) as closing_rpt
    from sheet
    inner join result_lines on sheet.statement_line = result_lines.statement_line
    group by sheet.entity_id, sheet.period_on
),

rolled as (
    select
        standing.entity_id,
        standing.period_on,
        dates.fiscal_year,
        coalesce(lag(standing.closing_local) over entity_months, 0) as opening_local,
        coalesce(earned.result_local, 0) as result_local,
        coalesce(posted.posted_local, 0) as posted_local,
        coalesce(posted.closing_entries_local, 0) as closing_entries_local,
        standing.closing_local,
        coalesce(lag(standing.closing_rpt) over entity_months, 0) as opening_rpt,
        coalesce(earned.result_rpt, 0) as result_rpt,
        coalesce(posted.posted_rpt, 0) as posted_rpt,
        coalesce(posted.closing_entries_rpt, 0) as closing_entries_rpt,
        standing.closing_rpt
    from standing
    inner join month_ends on standing.period_on = month_ends.month_on
    inner join dates on month_ends.as_of_on = dates.date_on
    left join earned
        on
            standing.entity_id = earned.entity_id
            and standing.period_on = earned.period_on
    left join posted
        on
            standing.entity_id = posted.entity_id
            and standing.period_on = posted.period_on
    window entity_months as (partition by standing.entity_id order by standing.period_on)
)

select
    entity_id,
    period_on,
    fiscal_year,
    {{ money('opening_local') }} as opening_local,
    {{ money('result_local') }} as result_local,
    {{ money('posted_local') }} as posted_local,
    {{ money('closing_entries_local') }} as closing_entries_local,
    {{ money('closing_local') }} as closing_local,
    {{ money('opening_rpt') }} as opening_rpt,
    {{ money('result_rpt') }} as result_rpt,
    {{ money('posted_rpt') }} as posted_rpt,
    {{ money('closing_entries_rpt') }} as closing_entries_rpt,
    {{ money('closing_rpt') }} as closing_rpt
from rolled
