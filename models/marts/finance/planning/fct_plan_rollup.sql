-- One row per entity, month, node of accounts (account, group, the result) and node of the organisation (cost centre,
-- department, entity): actual, budget and forecast of everything below both. The hierarchies are those of the month's end.
-- Income is positive and cost negative, as on the profit and loss statement, so that a group of both adds up and more is
-- favourable on every row. What no hierarchy knows is its own node, is_known false, and part of the entity; so is `none`, what
-- names no cost centre, which is no fault. Levels overlap: add up nodes of one level only.
with comparisons as (select * from {{ ref('fct_plan_comparison') }}),

levels as (select * from {{ ref('int_organisation_levels') }}),

accounts as (select * from {{ ref('dim_accounts') }}),

account_groups as (
    select
        source_system,
        node_code,
        max(name) as name
    from {{ ref('int_account_groups') }}
    group by source_system, node_code
),

leaves as (
    select
        comparisons.*,
        accounts.source_system,
        accounts.name as account_name,
        case accounts.normal_side when 'credit' then 1 else -1 end as side
    from comparisons
    inner join accounts on comparisons.account_id = accounts.account_id
),

organised as (
    select
        leaves.*,
        coalesce(levels.above_type, 'cost_centre') as node_type,
        coalesce(levels.above_code, leaves.cost_centre_code) as node_code,
        case when levels.above_code is null and leaves.cost_centre_code <> 'none' then 0 else 1 end as is_known
    from leaves
    left join levels
        on
            leaves.source_system = levels.source_system
            and leaves.period_on = levels.month_on
            and leaves.cost_centre_code = levels.code
            and levels.node_type = 'cost_centre'
    union all
    select
        leaves.*,
        'entity' as node_type,
        leaves.entity_id as node_code,
        1 as is_known
    from leaves
),

by_account as (
    select
        organised.*,
        'account' as account_node_type,
        organised.account_code as account_node,
        organised.account_name as account_node_name
    from organised
    union all
    select
        organised.*,
        'group' as account_node_type,
        levels.above_code as account_node,
        coalesce(account_groups.name, levels.above_code) as account_node_name
    from organised
    inner join levels
        on
            organised.source_system = levels.source_system
            and organised.period_on = levels.month_on
            and organised.account_code = levels.code
            and levels.node_type = 'account'
            and organised.account_code <> levels.above_code
    left join account_groups
        on
            levels.source_system = account_groups.source_system
            and levels.above_code = account_groups.node_code
    union all
    select
        organised.*,
        'result' as account_node_type,
        'result' as account_node,
        'Result' as account_node_name
    from organised
),

added_up as (
    select
        entity_id,
        period_on,
        account_node_type,
        account_node,
        node_type,
        node_code,
        max(account_node_name) as account_name,
        case account_node_type when 'account' then max(class) end as class,
        min(is_known) = 1 as is_known,
        max(is_elapsed) as is_elapsed,
        max(budget_version) as budget_version,
        max(forecast_version) as forecast_version,
        sum(side * actual_local) as actual_local,
        sum(side * budget_local) as budget_local,
        sum(side * forecast_local) as forecast_local,
        sum(side * expected_local) as expected_local,
        sum(side * actual_rpt) as actual_rpt,
        sum(side * budget_rpt) as budget_rpt,
        sum(side * forecast_rpt) as forecast_rpt,
        sum(side * expected_rpt) as expected_rpt
    from by_account
    group by entity_id, period_on, account_node_type, account_node, node_type, node_code
)

select
    entity_id,
    period_on,
    account_node_type,
    account_node,
    account_name,
    class,
    node_type,
    node_code,
    is_known,
    is_elapsed,
    {{ money('actual_local') }} as actual_local,
    budget_version,
    {{ money('budget_local') }} as budget_local,
    forecast_version,
    {{ money('forecast_local') }} as forecast_local,
    {{ money('expected_local') }} as expected_local,
    {{ money('actual_rpt') }} as actual_rpt,
    {{ money('budget_rpt') }} as budget_rpt,
    {{ money('forecast_rpt') }} as forecast_rpt,
    {{ money('expected_rpt') }} as expected_rpt,
    {{ money('actual_local - budget_local') }} as budget_variance_local,
    {{ ratio('actual_local - budget_local', 'abs(budget_local)') }} as budget_variance_ratio,
    actual_local >= budget_local as is_favourable,
    {{ money('actual_local - forecast_local') }} as forecast_variance_local,
    {{ ratio('actual_local - forecast_local', 'abs(forecast_local)') }} as forecast_variance_ratio,
    actual_local >= forecast_local as is_favourable_to_forecast,
    case node_type when 'cost_centre' then node_code end as cost_centre_code,
    case node_type when 'department' then node_code end as department_code
from added_up
