-- One row per month, statement and line of the group: the entities' lines at the rates of their posting days, the
-- translation difference that leads to the rates of the statement, what is between the entities taken out, the group.
-- Profit and loss of the month at average rates, income positive; balance sheet at the month's end, assets debit positive,
-- liabilities and equity credit positive. Ownership is not modelled: entities are taken in whole.
with results as (select * from {{ ref('profit_and_loss') }}),

sheet as (select * from {{ ref('balance_sheet') }}),

eliminations as (select * from {{ ref('fct_eliminations') }}),

parts as (
    select
        period_on, 'profit_and_loss' as statement, class, statement_line, statement_line_sort,
        posted_rpt, translation_difference_rpt, 0 as elimination_rpt
    from results
    union all
    select
        period_on, 'balance_sheet' as statement, class, statement_line, statement_line_sort,
        posted_rpt, translation_difference_rpt, 0 as elimination_rpt
    from sheet
    union all
    select
        period_on, statement, class, statement_line, statement_line_sort,
        0 as posted_rpt, 0 as translation_difference_rpt, amount_rpt as elimination_rpt
    from eliminations
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
    {{ money('sum(posted_rpt + translation_difference_rpt + elimination_rpt)') }} as consolidated_rpt
from parts
group by period_on, statement, class, statement_line, statement_line_sort
