-- A returned row is a month in which the group's assets are not its liabilities, equity and unclassified balances, or in
-- which eliminations change the group's result.
with consolidated as (select * from {{ ref('consolidated_statements') }})

select
    period_on,
    statement,
    sum(case class when 'liability' then -consolidated_rpt when 'equity' then -consolidated_rpt else consolidated_rpt end)
        as left_over_rpt
from consolidated
where statement = 'balance_sheet'
group by period_on, statement
having sum(case class when 'liability' then -consolidated_rpt when 'equity' then -consolidated_rpt else consolidated_rpt end) <> 0
union all
select
    period_on,
    statement,
    sum(elimination_rpt) as left_over_rpt
from consolidated
where statement = 'profit_and_loss'
group by period_on, statement
having sum(elimination_rpt) <> 0
