-- One row per entity, month and line of the profit and loss; and one per month and line, without an entity, of what only the
-- group's result has: the change of profit in stock that it has not earned. Eliminations are left out: their sum is nothing.
with results as (select * from {{ ref('profit_and_loss') }}),

consolidated as (select * from {{ ref('consolidated_statements') }})

select
    entity_id,
    period_on,
    statement_line,
    statement_line_sort,
    class,
    margin_level,
    amount_rpt
from results
union all
select
    cast(null as varchar) as entity_id,
    period_on,
    statement_line,
    statement_line_sort,
    class,
    'direct_cost' as margin_level,
    unrealised_profit_rpt as amount_rpt
from consolidated
where statement = 'profit_and_loss' and unrealised_profit_rpt <> 0
