-- One row per budget version, entity, month, account and node: actual and budget of a cost centre with everything below it, of
-- a department with its cost centres, of the entity with everything. The hierarchy is that of the month's end. A cost centre
-- that is in no master data, or has no version that month, is its own node, is_known false, and below the entity only; so is
-- `none`, what names no cost centre, which is no fault.
with variances as (select * from {{ ref('fct_budget_variance') }}),

levels as (select * from {{ ref('int_organisation_levels') }} where node_type = 'cost_centre'),

accounts as (select * from {{ ref('dim_accounts') }}),

leaves as (
    select
        variances.budget_version,
        variances.entity_id,
        variances.period_on,
        variances.account_id,
        variances.cost_centre_code,
        variances.actual_local,
        variances.budget_local,
        variances.actual_rpt,
        variances.budget_rpt,
        accounts.source_system
    from variances
    inner join accounts on variances.account_id = accounts.account_id
),

every_level as (
    select
        leaves.*,
        coalesce(levels.above_type, 'cost_centre') as node_type,
        coalesce(levels.above_code, leaves.cost_centre_code) as node_code,
        coalesce(levels.distance, 0) as distance,
        case when levels.above_code is null and leaves.cost_centre_code <> 'none' then 0 else 1 end as is_known
    from leaves
    left join levels
        on
            leaves.source_system = levels.source_system
            and leaves.period_on = levels.month_on
            and leaves.cost_centre_code = levels.code
    union all
    select
        leaves.*,
        'entity' as node_type,
        leaves.entity_id as node_code,
        99 as distance,
        1 as is_known
    from leaves
),

added_up as (
    select
        budget_version,
        entity_id,
        period_on,
        account_id,
        node_type,
        node_code,
        min(is_known) = 1 as is_known,
        {{ money('sum(actual_local)') }} as actual_local,
        {{ money('sum(budget_local)') }} as budget_local,
        {{ money('sum(actual_rpt)') }} as actual_rpt,
        {{ money('sum(budget_rpt)') }} as budget_rpt,
        {{ money('sum(case when distance = 0 then actual_local else 0 end)') }} as own_actual_local,
        {{ money('sum(case when distance = 0 then budget_local else 0 end)') }} as own_budget_local
    from every_level
    group by budget_version, entity_id, period_on, account_id, node_type, node_code
)

select
    added_up.budget_version,
    added_up.entity_id,
    added_up.period_on,
    added_up.account_id,
    accounts.account_code,
    accounts.class,
    accounts.statement_line,
    added_up.node_type,
    added_up.node_code,
    added_up.is_known,
    added_up.actual_local,
    added_up.budget_local,
    {{ money('added_up.actual_local - added_up.budget_local') }} as variance_local,
    added_up.actual_rpt,
    added_up.budget_rpt,
    added_up.own_actual_local,
    added_up.own_budget_local,
    case accounts.normal_side
        when 'credit' then added_up.actual_local >= added_up.budget_local
        else added_up.actual_local <= added_up.budget_local
    end as is_favourable
from added_up
inner join accounts on added_up.account_id = accounts.account_id
