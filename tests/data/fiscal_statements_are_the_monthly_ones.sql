-- A returned row is a total that the statements by fiscal period and by month do not share: a line of the profit and loss or
-- the cash flow over all time, in either currency; or a fiscal period whose assets are not liabilities and equity, or whose
-- cash flow is not the change of cash. What a ledger does not balance itself is no fault of its statements.
with unbalanced as (
    select distinct entity_id
    from {{ ref('int_journal_remainders') }}
    where difference_local <> 0
),

result_parts as (
    select entity_id, statement_line, amount_local, amount_rpt from {{ ref('profit_and_loss_by_fiscal_period') }}
    union all
    select entity_id, statement_line, -amount_local as amount_local, -amount_rpt as amount_rpt from {{ ref('profit_and_loss') }}
),

flow_parts as (
    select entity_id, method, statement_line, amount_local, amount_rpt from {{ ref('cash_flow_by_fiscal_period') }}
    union all
    select entity_id, method, statement_line, -amount_local as amount_local, -amount_rpt as amount_rpt
    from {{ ref('cash_flow_statement') }}
),

flows as (
    select
        entity_id,
        method,
        fiscal_period_start_on,
        sum(amount_local) as amount_local
    from {{ ref('cash_flow_by_fiscal_period') }}
    group by entity_id, method, fiscal_period_start_on
),

cash_changes as (
    select
        balances.entity_id,
        balances.fiscal_period_start_on,
        sum(balances.closing_local - balances.opening_local) as change_local
    from {{ ref('trial_balance_by_fiscal_period') }} as balances
    inner join {{ ref('dim_accounts') }} as accounts on balances.account_id = accounts.account_id
    where accounts.cash_flow_class = 'cash'
    group by balances.entity_id, balances.fiscal_period_start_on
),

untied as (
    select
        'profit and loss' as statement, entity_id, statement_line as name,
        sum(amount_local) as gap_local, sum(amount_rpt) as gap_rpt
    from result_parts
    group by entity_id, statement_line
    union all
    select
        'cash flow' as statement, entity_id, method || ': ' || statement_line as name,
        sum(amount_local) as gap_local, sum(amount_rpt) as gap_rpt
    from flow_parts
    group by entity_id, method, statement_line
    union all
    select
        'balance sheet' as statement, entity_id, fiscal_period_label as name,
        sum(case when class in ('liability', 'equity') then -balance_local else balance_local end) as gap_local,
        sum(case when class in ('liability', 'equity') then -balance_rpt else balance_rpt end) as gap_rpt
    from {{ ref('balance_sheet_by_fiscal_period') }}
    where entity_id not in (select unbalanced.entity_id from unbalanced)
    group by entity_id, fiscal_period_label
    union all
    select
        'change of cash' as statement, flows.entity_id, flows.method as name,
        flows.amount_local - coalesce(cash_changes.change_local, 0) as gap_local, 0 as gap_rpt
    from flows
    left join cash_changes
        on
            flows.entity_id = cash_changes.entity_id
            and flows.fiscal_period_start_on = cash_changes.fiscal_period_start_on
    where flows.entity_id not in (select unbalanced.entity_id from unbalanced)
)

select
    statement,
    entity_id,
    name,
    gap_local,
    gap_rpt
from untied
where gap_local <> 0 or gap_rpt <> 0
