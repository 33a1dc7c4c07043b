-- One row per method, entity and month: the lines of the cash flow statement add up to the change of the cash accounts.
with flows as (select * from {{ ref('cash_flow_statement') }}),

balances as (select * from {{ ref('trial_balance') }}),

accounts as (select * from {{ ref('dim_accounts') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

explained as (
    select
        method,
        entity_id,
        period_on,
        sum(amount_local) as amount_local
    from flows
    group by method, entity_id, period_on
),

cash_changes as (
    select
        balances.entity_id,
        balances.period_on,
        sum(balances.closing_local - balances.opening_local) as change_local
    from balances
    inner join accounts on balances.account_id = accounts.account_id
    where accounts.cash_flow_class = 'cash'
    group by balances.entity_id, balances.period_on
),

methods as (
    select distinct
        method,
        entity_id
    from flows
),

expected as (
    select
        methods.method,
        cash_changes.entity_id,
        cash_changes.period_on,
        cash_changes.change_local
    from cash_changes
    inner join methods on cash_changes.entity_id = methods.entity_id
)

select
    'cash_flow_ties_to_cash' as check_name,
    coalesce(explained.entity_id, expected.entity_id) as entity_id,
    coalesce(explained.period_on, expected.period_on) as period_on,
    entities.currency,
    'cash flow statement, ' || coalesce(explained.method, expected.method) as left_label,
    coalesce(explained.amount_local, 0) as left_local,
    'change of cash accounts' as right_label,
    coalesce(expected.change_local, 0) as right_local,
    0 as quarantined_local,
    0 as held_local,
    coalesce(explained.amount_local, 0) - coalesce(expected.change_local, 0) as difference_local,
    true as is_covered
from explained
full outer join expected
    on
        explained.method = expected.method
        and explained.entity_id = expected.entity_id
        and explained.period_on = expected.period_on
inner join entities on coalesce(explained.entity_id, expected.entity_id) = entities.entity_id
