-- A returned row is an entity's month in which profit and loss as booked is another one on the cash basis page than in the
-- statement.
with cash_basis as (
    select
        entity_id,
        period_on,
        sum(accrual_local) as amount_local
    from {{ ref('profit_and_loss_cash_basis') }}
    group by entity_id, period_on
),

statement as (
    select
        entity_id,
        period_on,
        sum(amount_local) as amount_local
    from {{ ref('profit_and_loss') }}
    group by entity_id, period_on
)

select
    coalesce(cash_basis.entity_id, statement.entity_id) as entity_id,
    coalesce(cash_basis.period_on, statement.period_on) as period_on,
    cash_basis.amount_local as cash_basis_local,
    statement.amount_local as statement_local
from cash_basis
full join statement
    on
        cash_basis.entity_id = statement.entity_id
        and cash_basis.period_on = statement.period_on
where coalesce(cash_basis.amount_local, 0) <> coalesce(statement.amount_local, 0)
