-- One row per method, scenario, entity, week and layer, for thirteen weeks from the as-of day; layers without cash have
-- rows of zero. amount_rpt is positive for cash in; layer bank is the opening balance, in the first week.
-- balance_rpt is the entity's balance at the end of the week: the same on every layer of the week, so take one layer's.
-- Method due_date looks at documents and schedules; payment_history also at what is delivered, ordered, in the pipeline, and
-- at a baseline for what no document tells yet. Its band is simulated and corrected by how past bands did.
with items as (select * from {{ ref('fct_cash_projection_items') }}),

weeks as (select * from {{ ref('projection_weeks') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

bank_balances as (select * from {{ ref('fct_bank_balances') }}),

balance_sheet as (select * from {{ ref('balance_sheet') }}),

run_context as (select * from {{ ref('int_run_context') }}),

bands as (select * from {{ ref('int_cash_bands') }} where period_kind = 'week'),

minimums as (select * from {{ ref('int_cash_entities') }}),

methods as (select * from {{ ref('int_cash_methods') }}),

scenarios as (select * from {{ ref('int_cash_scenarios') }}),

layers as (
    select
        'due_date' as method,
        layers.layer
    from (
        values ('bank'), ('receivables'), ('payables'), ('recurring'), ('payroll'), ('tax'), ('debt')
    ) as layers (layer)
    union all
    select
        'payment_history' as method,
        layers.layer
    from (
        values
        ('bank'), ('receivables'), ('payables'), ('delivered'), ('ordered'), ('pipeline'), ('baseline_receipts'),
        ('baseline_payments'), ('purchase_orders'), ('recurring'), ('payroll'), ('tax'), ('debt'), ('capex')
    ) as layers (layer)
),

projected as (
    select
        methods.method,
        methods.is_chosen,
        scenarios.scenario
    from methods
    inner join scenarios on methods.method = 'payment_history' or scenarios.scenario = 'base'
),

stated_by_bank as (
    select
        bank_balances.entity_id,
        sum(bank_balances.balance_rpt) as balance_rpt
    from bank_balances
    inner join run_context on bank_balances.as_of_on = run_context.as_of
    group by bank_balances.entity_id
),

stated_by_ledger as (
    select
        balance_sheet.entity_id,
        sum(balance_sheet.balance_rpt) as balance_rpt
    from balance_sheet
    inner join run_context on balance_sheet.period_end_on = run_context.as_of
    where balance_sheet.statement_line = 'Cash and bank'
    group by balance_sheet.entity_id
),

-- The ledger stands in where an entity has no bank statements.
opening_balances as (
    select
        entities.entity_id,
        coalesce(stated_by_bank.balance_rpt, stated_by_ledger.balance_rpt, 0) as balance_rpt
    from entities
    left join stated_by_bank on entities.entity_id = stated_by_bank.entity_id
    left join stated_by_ledger on entities.entity_id = stated_by_ledger.entity_id
),

flows as (
    select
        method,
        scenario,
        layer,
        entity_id,
        week_on,
        sum(amount_rpt) as amount_rpt
    from items
    where not is_after_horizon
    group by method, scenario, layer, entity_id, week_on
),

grid as (
    select
        projected.method,
        projected.is_chosen,
        projected.scenario,
        entities.entity_id,
        weeks.week_no,
        weeks.week_on,
        layers.layer,
        case
            when layers.layer = 'bank' and weeks.week_no = 0 then opening_balances.balance_rpt
            else coalesce(flows.amount_rpt, 0)
        end as amount_rpt
    from projected
    inner join layers on projected.method = layers.method
    cross join entities
    cross join weeks
    inner join opening_balances on entities.entity_id = opening_balances.entity_id
    left join flows
        on
            projected.method = flows.method
            and projected.scenario = flows.scenario
            and entities.entity_id = flows.entity_id
            and weeks.week_on = flows.week_on
            and layers.layer = flows.layer
),

weekly_balances as (
    select
        method,
        scenario,
        entity_id,
        week_on,
        sum(sum(amount_rpt)) over (
            partition by method, scenario, entity_id
            order by week_on rows between unbounded preceding and current row
        ) as balance_rpt
    from grid
    group by method, scenario, entity_id, week_on
)

select
    grid.method,
    grid.scenario,
    grid.layer,
    grid.week_no,
    grid.week_on,
    grid.entity_id,
    {{ money('grid.amount_rpt') }} as amount_rpt,
    {{ money('weekly_balances.balance_rpt') }} as balance_rpt,
    {{ money('bands.low') }} as p10_balance_rpt,
    {{ money('bands.high') }} as p90_balance_rpt,
    grid.is_chosen,
    {{ money('bands.middle') }} as p50_balance_rpt,
    coalesce(minimums.minimum_rpt, cast(0 as decimal(18, 2))) as minimum_balance_rpt,
    bands.below_minimum as below_minimum_ratio
from grid
inner join weekly_balances
    on
        grid.method = weekly_balances.method
        and grid.scenario = weekly_balances.scenario
        and grid.entity_id = weekly_balances.entity_id
        and grid.week_on = weekly_balances.week_on
left join bands
    on
        grid.method = 'payment_history'
        and grid.scenario = bands.scenario
        and grid.entity_id = bands.entity_id
        and grid.week_on = bands.period_on
left join minimums on grid.entity_id = minimums.entity_id
