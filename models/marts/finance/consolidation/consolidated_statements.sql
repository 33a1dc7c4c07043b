-- One row per month, statement and line of the group: the entities' lines at the rates of their posting days, the
-- translation difference that leads to the rates of the statement, what is between the entities taken out, what the group has
-- not earned on goods that it still holds, the group.
-- Profit and loss of the month at average rates, income positive; balance sheet at the month's end, assets debit positive,
-- liabilities and equity credit positive. Ownership is not modelled: entities are taken in whole.
-- Unrealised stock profit is on lines of its own: it lowers stock and equity by what stands at the month's end, and the month's
-- result by its change.
with results as (select * from {{ ref('profit_and_loss') }}),

sheet as (select * from {{ ref('balance_sheet') }}),

eliminations as (select * from {{ ref('fct_eliminations') }}),

stock_profits as (select * from {{ ref('fct_unrealised_stock_profit') }}),

month_ends as (select * from {{ ref('int_month_ends') }}),

unrealised as (
    select
        month_on,
        sum(unrealised_profit_rpt) as standing_rpt
    from stock_profits
    group by month_on
),

unrealised_months as (
    select
        month_ends.month_on as period_on,
        coalesce(unrealised.standing_rpt, 0) as standing_rpt,
        coalesce(unrealised.standing_rpt, 0)
        - lag(coalesce(unrealised.standing_rpt, 0), 1, 0) over (order by month_ends.month_on) as change_rpt
    from month_ends
    left join unrealised on month_ends.month_on = unrealised.month_on
),

parts as (
    select
        period_on, 'profit_and_loss' as statement, class, statement_line, statement_line_sort,
        posted_rpt, translation_difference_rpt, 0 as elimination_rpt, 0 as unrealised_profit_rpt
    from results
    union all
    select
        period_on, 'balance_sheet' as statement, class, statement_line, statement_line_sort,
        posted_rpt, translation_difference_rpt, 0 as elimination_rpt, 0 as unrealised_profit_rpt
    from sheet
    union all
    select
        period_on, statement, class, statement_line, statement_line_sort,
        0 as posted_rpt, 0 as translation_difference_rpt, amount_rpt as elimination_rpt, 0 as unrealised_profit_rpt
    from eliminations
    union all
    select
        period_on, 'balance_sheet' as statement, 'asset' as class, 'Unrealised profit in stock' as statement_line,
        151 as statement_line_sort, 0 as posted_rpt, 0 as translation_difference_rpt, 0 as elimination_rpt,
        -standing_rpt as unrealised_profit_rpt
    from unrealised_months
    where standing_rpt <> 0
    union all
    select
        period_on, 'balance_sheet' as statement, 'equity' as class, 'Stock profit not yet earned' as statement_line,
        445 as statement_line_sort, 0 as posted_rpt, 0 as translation_difference_rpt, 0 as elimination_rpt,
        -standing_rpt as unrealised_profit_rpt
    from unrealised_months
    where standing_rpt <> 0
    union all
    select
        period_on, 'profit_and_loss' as statement, 'expense' as class,
        'Change in unrealised stock profit' as statement_line,
        546 as statement_line_sort, 0 as posted_rpt, 0 as translation_difference_rpt, 0 as elimination_rpt,
        -change_rpt as unrealised_profit_rpt
    from unrealised_months
    where change_rpt <> 0
)

select
    period_on,
    statement,
    class,
    statement_line,
    statement_line_sort,
    {{ money('sum(posted_rpt)') }} as posted_rpt,
    {{ money('sum(translation_difference_rpt)') }} as translation_difference_rpt,
    {{ money('sum(posted_rpt + translation_difference_rpt)') }} as entities_rpt,
    {{ money('sum(elimination_rpt)') }} as elimination_rpt,
    {{ money('sum(unrealised_profit_rpt)') }} as unrealised_profit_rpt,
    {{ money('sum(posted_rpt + translation_difference_rpt + elimination_rpt + unrealised_profit_rpt)') }} as consolidated_rpt
from parts
group by period_on, statement, class, statement_line, statement_line_sort
