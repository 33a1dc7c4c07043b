-- One row per month, entity, customer, item, department, region, channel and project with revenue. Leaves out sales
-- between the group's own entities.
-- Variable selling expenses of an entity's month are shared out in proportion to net revenue, where it is positive; the
-- rest (cents of rounding, or a month without revenue) is on a row of that entity and month that names no customer.
with invoice_lines as (
    select * from {{ ref('fct_invoice_lines') }} where not is_intercompany
),

journal_lines as (select * from {{ ref('fct_journal_lines') }}),

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

selling_expenses as (
    select
        month_on,
        entity_id,
        {{ money('sum(debit_rpt - credit_rpt)') }} as expense_rpt
    from journal_lines
    where account_type = 'variable_selling_expense'
    group by month_on, entity_id
),

revenue_shared_over as (
    select
        month_on,
        entity_id,
        sum(net_rpt) as net_rpt
    from margins
    where net_rpt > 0
    group by month_on, entity_id
),

shared_out as (
    select
        margins.*,
        case
            when margins.net_rpt > 0 and selling_expenses.expense_rpt is not null
                then {{ money(
                    'cast(selling_expenses.expense_rpt as double) * cast(margins.net_rpt as double)'
                    ~ ' / cast(revenue_shared_over.net_rpt as double)'
                ) }}
            else cast(0 as decimal(18, 2))
        end as variable_selling_rpt
    from margins
    left join selling_expenses
        on
            margins.month_on = selling_expenses.month_on
            and margins.entity_id = selling_expenses.entity_id
    left join revenue_shared_over
        on
            margins.month_on = revenue_shared_over.month_on
            and margins.entity_id = revenue_shared_over.entity_id
),

shares as (
    select
        month_on,
        entity_id,
        sum(variable_selling_rpt) as variable_selling_rpt
    from shared_out
    group by month_on, entity_id
),

not_shared_out as (
    select
        selling_expenses.month_on,
        selling_expenses.entity_id,
        {{ money('selling_expenses.expense_rpt - coalesce(shares.variable_selling_rpt, 0)') }} as variable_selling_rpt
    from selling_expenses
    left join shares
        on
            selling_expenses.month_on = shares.month_on
            and selling_expenses.entity_id = shares.entity_id
),

every_margin as (
    select
        month_on, entity_id, customer_id, item_id, category, item_type, department_code, region, channel, project_id,
        net_rpt, cost_rpt, margin_rpt, variable_selling_rpt, net_with_known_cost_rpt, list_rpt, discount_rpt, quantity
    from shared_out
    union all
    select
        month_on, entity_id,
        null as customer_id, null as item_id, null as category, null as item_type, null as department_code,
        null as region, null as channel, null as project_id,
        0 as net_rpt, 0 as cost_rpt, 0 as margin_rpt, variable_selling_rpt, 0 as net_with_known_cost_rpt,
        0 as list_rpt, 0 as discount_rpt, 0 as quantity
    from not_shared_out
    where variable_selling_rpt <> 0
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
    net_rpt,
    cost_rpt,
    margin_rpt,
    variable_selling_rpt,
    {{ line_amount('margin_rpt - variable_selling_rpt') }} as contribution_rpt,
    list_rpt,
    discount_rpt,
    net_with_known_cost_rpt,
    quantity
from every_margin
