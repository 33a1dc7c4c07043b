-- One row per month, entity, customer, item, department, region, channel and project with revenue or expenses. Leaves out sales
-- between the group's own entities.
-- Variable selling and operating expenses of an entity's month are shared out as seeds/reference/allocation_rules.csv says
-- for that month and department: in proportion to net revenue, where it is positive, or to a driver of int_allocation_drivers.
-- A share stands on what its driver knows of a sale (hours know a project, tickets a customer); the department stays that of
-- the journal unless the driver knows one. An expense whose journal names a project is that project's, whatever the rule.
-- What is not shared out (rule none, a month without the driver) is unallocated, on a row of its own department.
with invoice_lines as (
    select * from {{ ref('fct_invoice_lines') }} where not is_intercompany
),

journal_lines as (select * from {{ ref('fct_journal_lines') }}),

account_types as (select * from {{ ref('account_types') }}),

drivers as (select * from {{ ref('int_allocation_drivers') }}),

departments as (select * from {{ ref('dim_departments') }}),

projects as (select * from {{ ref('int_projects') }}),

customers as (select * from {{ ref('int_customers') }}),

rules as (
    select
        account_type,
        department,
        valid_from_on,
        driver,
        lead(valid_from_on) over (partition by account_type, department order by valid_from_on) as next_from_on
    from {{ ref('allocation_rules') }}
),

margins as (
    select
        month_on,
        entity_id,
        customer_id,
        item_id,
        category,
        item_type,
        department_code,
        region,
        channel,
        project_id,
        {{ line_amount('sum(net_rpt)') }} as net_rpt,
        {{ money('sum(coalesce(cost_rpt, 0))') }} as cost_rpt,
        {{ line_amount('sum(coalesce(margin_rpt, 0))') }} as margin_rpt,
        {{ line_amount('sum(case when is_cost_known then net_rpt else 0 end)') }} as net_with_known_cost_rpt,
        {{ money('sum(case when discount_rpt is not null then net_rpt + discount_rpt else 0 end)') }} as list_rpt,
        {{ money('sum(coalesce(discount_rpt, 0))') }} as discount_rpt,
        cast(sum(quantity) as decimal(18, 6)) as quantity
    from invoice_lines
    group by
        month_on, entity_id, customer_id, item_id, category, item_type, department_code, region, channel, project_id
),

expenses_by_type as (
    select
        journal_lines.month_on,
        journal_lines.entity_id,
        journal_lines.account_type,
        account_types.margin_level,
        journal_lines.department_code,
        journal_lines.project_id,
        sum(journal_lines.debit_rpt - journal_lines.credit_rpt) as expense_rpt
    from journal_lines
    inner join account_types on journal_lines.account_type = account_types.account_type
    where
        account_types.margin_level in ('variable_selling', 'operating')
        and journal_lines.entry_type is distinct from 'closing'
    group by
        journal_lines.month_on, journal_lines.entity_id, journal_lines.account_type, account_types.margin_level,
        journal_lines.department_code, journal_lines.project_id
),

-- The department's own rule decides before the account type's; an account type without any is not shared out.
ruled as (
    select
        expenses_by_type.month_on,
        expenses_by_type.entity_id,
        expenses_by_type.department_code,
        expenses_by_type.project_id,
        expenses_by_type.margin_level,
        expenses_by_type.expense_rpt,
        case
            when expenses_by_type.project_id is not null then 'project'
            else coalesce(own_rules.driver, other_rules.driver, 'none')
        end as driver
    from expenses_by_type
    left join departments on expenses_by_type.department_code = departments.department_code
    left join rules as own_rules
        on
            expenses_by_type.account_type = own_rules.account_type
            and lower(departments.name) = own_rules.department
            and expenses_by_type.month_on >= own_rules.valid_from_on
            and (own_rules.next_from_on is null or expenses_by_type.month_on < own_rules.next_from_on)
    left join rules as other_rules
        on
            expenses_by_type.account_type = other_rules.account_type
            and other_rules.department is null
            and expenses_by_type.month_on >= other_rules.valid_from_on
            and (other_rules.next_from_on is null or expenses_by_type.month_on < other_rules.next_from_on)
),

expenses as (
    select
        month_on,
        entity_id,
        department_code,
        project_id,
        driver,
        sum(case when margin_level = 'variable_selling' then expense_rpt else 0 end) as variable_selling_rpt,
        sum(case when margin_level = 'operating' then expense_rpt else 0 end) as operating_rpt
    from ruled
    group by month_on, entity_id, department_code, project_id, driver
),

weights as (
    select
        'net_revenue' as driver, month_on, entity_id, customer_id, item_id, category, item_type, department_code, region,
        channel, project_id, net_rpt as weight
    from margins
    where net_rpt > 0
    union all
    select
        driver, month_on, entity_id, customer_id, item_id, category, item_type, department_code, region,
        channel, project_id, weight
    from drivers
),

totals as (
    select
        driver,
        month_on,
        entity_id,
        sum(weight) as weight
    from weights
    group by driver, month_on, entity_id
),

pools as (
    select
        expenses.driver,
        expenses.month_on,
        expenses.entity_id,
        case when expenses.driver not in ('net_revenue', 'headcount') then expenses.department_code end as department_code,
        totals.weight as total_weight,
        sum(expenses.variable_selling_rpt) as variable_selling_rpt,
        sum(expenses.operating_rpt) as operating_rpt
    from expenses
    inner join totals
        on
            expenses.driver = totals.driver
            and expenses.month_on = totals.month_on
            and expenses.entity_id = totals.entity_id
    group by
        expenses.driver, expenses.month_on, expenses.entity_id,
        case when expenses.driver not in ('net_revenue', 'headcount') then expenses.department_code end, totals.weight
),

-- Each share is what rounding leaves between the sums up to it and before it, so that shares add up to the expense.
running as (
    select
        weights.driver,
        weights.month_on, weights.entity_id, weights.customer_id, weights.item_id, weights.category, weights.item_type,
        coalesce(weights.department_code, pools.department_code) as department_code,
        weights.region, weights.channel, weights.project_id,
        weights.weight,
        pools.total_weight,
        pools.variable_selling_rpt,
        pools.operating_rpt,
        sum(weights.weight) over (
            partition by weights.driver, weights.month_on, weights.entity_id, pools.department_code
            order by
                weights.customer_id, weights.item_id, weights.category, weights.item_type, weights.department_code,
                weights.region, weights.channel, weights.project_id
            rows between unbounded preceding and current row
        ) as until_weight
    from pools
    inner join weights
        on
            pools.driver = weights.driver
            and pools.month_on = weights.month_on
            and pools.entity_id = weights.entity_id
),

shares as (
    select
        month_on, entity_id, customer_id, item_id, category, item_type, department_code, region, channel, project_id,
        {{ share_of('variable_selling_rpt', 'until_weight', 'weight', 'total_weight') }} as variable_selling_rpt,
        {{ share_of('operating_rpt', 'until_weight', 'weight', 'total_weight') }} as operating_rpt
    from running
),

unshared as (
    select
        expenses.month_on,
        expenses.entity_id,
        customers.customer_id,
        customers.region,
        expenses.department_code,
        expenses.project_id,
        expenses.variable_selling_rpt,
        expenses.operating_rpt,
        case when expenses.driver = 'project' then 0 else expenses.variable_selling_rpt + expenses.operating_rpt end
            as unallocated_rpt
    from expenses
    left join totals
        on
            expenses.driver = totals.driver
            and expenses.month_on = totals.month_on
            and expenses.entity_id = totals.entity_id
    left join projects on expenses.project_id = projects.project_id
    left join customers
        on
            projects.customer_id = customers.customer_id
            and customers.intercompany_entity_id is null
    where totals.driver is null
),

parts as (
    select
        month_on, entity_id, customer_id, item_id, category, item_type, department_code, region, channel, project_id,
        net_rpt, cost_rpt, margin_rpt, 0 as variable_selling_rpt, 0 as operating_rpt, 0 as unallocated_rpt,
        net_with_known_cost_rpt, list_rpt, discount_rpt, quantity
    from margins
    union all
    select
        month_on, entity_id, customer_id, item_id, category, item_type, department_code, region, channel, project_id,
        0 as net_rpt, 0 as cost_rpt, 0 as margin_rpt, variable_selling_rpt, operating_rpt, 0 as unallocated_rpt,
        0 as net_with_known_cost_rpt, 0 as list_rpt, 0 as discount_rpt, 0 as quantity
    from shares
    where variable_selling_rpt <> 0 or operating_rpt <> 0
    union all
    select
        month_on, entity_id, customer_id, null as item_id, null as category, null as item_type, department_code, region,
        null as channel, project_id, 0 as net_rpt, 0 as cost_rpt, 0 as margin_rpt, variable_selling_rpt, operating_rpt,
        unallocated_rpt, 0 as net_with_known_cost_rpt, 0 as list_rpt, 0 as discount_rpt, 0 as quantity
    from unshared
    where variable_selling_rpt <> 0 or operating_rpt <> 0
)

select
    month_on,
    entity_id,
    customer_id,
    item_id,
    category,
    item_type,
    department_code,
    region,
    channel,
    project_id,
    {{ line_amount('sum(net_rpt)') }} as net_rpt,
    {{ money('sum(cost_rpt)') }} as cost_rpt,
    {{ line_amount('sum(margin_rpt)') }} as margin_rpt,
    {{ money('sum(variable_selling_rpt)') }} as variable_selling_rpt,
    {{ line_amount('sum(margin_rpt - variable_selling_rpt)') }} as contribution_rpt,
    {{ money('sum(operating_rpt)') }} as operating_rpt,
    {{ line_amount('sum(margin_rpt - variable_selling_rpt - operating_rpt)') }} as operating_margin_rpt,
    {{ money('sum(list_rpt)') }} as list_rpt,
    {{ money('sum(discount_rpt)') }} as discount_rpt,
    {{ line_amount('sum(net_with_known_cost_rpt)') }} as net_with_known_cost_rpt,
    cast(sum(quantity) as decimal(18, 6)) as quantity,
    {{ money('sum(unallocated_rpt)') }} as unallocated_rpt
from parts
group by
    month_on, entity_id, customer_id, item_id, category, item_type, department_code, region, channel, project_id
