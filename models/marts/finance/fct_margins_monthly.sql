-- One row per month, entity, customer, item, department, region, channel and project with revenue. Leaves out sales
-- between the group's own entities.
-- Variable selling and operating expenses of an entity's month are shared out as seeds/reference/allocation_rules.csv says
-- for that month: in proportion to net revenue, where it is positive, or not at all. What is not shared out (no rule, cents of
-- rounding, a month without revenue) is on a row of that entity and month that names no customer.
with invoice_lines as (
    select * from {{ ref('fct_invoice_lines') }} where not is_intercompany
),

journal_lines as (select * from {{ ref('fct_journal_lines') }}),

account_types as (select * from {{ ref('account_types') }}),

rules as (
    select
        *,
        lead(valid_from_on) over (partition by account_type order by valid_from_on) as next_from_on
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
        sum(journal_lines.debit_rpt - journal_lines.credit_rpt) as expense_rpt
    from journal_lines
    group by journal_lines.month_on, journal_lines.entity_id, journal_lines.account_type
),

-- An account type without a rule is not shared out.
expenses as (
    select
        expenses_by_type.month_on,
        expenses_by_type.entity_id,
        {{ money("sum(case when account_types.margin_level = 'variable_selling' then expenses_by_type.expense_rpt else 0 end)") }}
            as variable_selling_rpt,
        {{ money(
            "sum(case when account_types.margin_level = 'variable_selling' and rules.driver = 'net_revenue'"
            ~ " then expenses_by_type.expense_rpt else 0 end)"
        ) }} as variable_selling_shared_rpt,
        {{ money("sum(case when account_types.margin_level = 'operating' then expenses_by_type.expense_rpt else 0 end)") }}
            as operating_rpt,
        {{ money(
            "sum(case when account_types.margin_level = 'operating' and rules.driver = 'net_revenue'"
            ~ " then expenses_by_type.expense_rpt else 0 end)"
        ) }} as operating_shared_rpt
    from expenses_by_type
    inner join account_types on expenses_by_type.account_type = account_types.account_type
    left join rules
        on
            expenses_by_type.account_type = rules.account_type
            and expenses_by_type.month_on >= rules.valid_from_on
            and (rules.next_from_on is null or expenses_by_type.month_on < rules.next_from_on)
    where account_types.margin_level in ('variable_selling', 'operating')
    group by expenses_by_type.month_on, expenses_by_type.entity_id
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
            when margins.net_rpt > 0 and expenses.variable_selling_shared_rpt is not null
                then {{ money(
                    'cast(expenses.variable_selling_shared_rpt as double) * cast(margins.net_rpt as double)'
                    ~ ' / cast(revenue_shared_over.net_rpt as double)'
                ) }}
            else cast(0 as decimal(18, 2))
        end as variable_selling_rpt,
        case
            when margins.net_rpt > 0 and expenses.operating_shared_rpt is not null
                then {{ money(
                    'cast(expenses.operating_shared_rpt as double) * cast(margins.net_rpt as double)'
                    ~ ' / cast(revenue_shared_over.net_rpt as double)'
                ) }}
            else cast(0 as decimal(18, 2))
        end as operating_rpt
    from margins
    left join expenses
        on
            margins.month_on = expenses.month_on
            and margins.entity_id = expenses.entity_id
    left join revenue_shared_over
        on
            margins.month_on = revenue_shared_over.month_on
            and margins.entity_id = revenue_shared_over.entity_id
),

shares as (
    select
        month_on,
        entity_id,
        sum(variable_selling_rpt) as variable_selling_rpt,
        sum(operating_rpt) as operating_rpt
    from shared_out
    group by month_on, entity_id
),

not_shared_out as (
    select
        expenses.month_on,
        expenses.entity_id,
        {{ money('expenses.variable_selling_rpt - coalesce(shares.variable_selling_rpt, 0)') }} as variable_selling_rpt,
        {{ money('expenses.operating_rpt - coalesce(shares.operating_rpt, 0)') }} as operating_rpt
    from expenses
    left join shares
        on
            expenses.month_on = shares.month_on
            and expenses.entity_id = shares.entity_id
),

every_margin as (
    select
        month_on, entity_id, customer_id, item_id, category, item_type, department_code, region, channel, project_id,
        net_rpt, cost_rpt, margin_rpt, variable_selling_rpt, operating_rpt, net_with_known_cost_rpt, list_rpt,
        discount_rpt, quantity
    from shared_out
    union all
    select
        month_on, entity_id,
        null as customer_id, null as item_id, null as category, null as item_type, null as department_code,
        null as region, null as channel, null as project_id,
        0 as net_rpt, 0 as cost_rpt, 0 as margin_rpt, variable_selling_rpt, operating_rpt, 0 as net_with_known_cost_rpt,
        0 as list_rpt, 0 as discount_rpt, 0 as quantity
    from not_shared_out
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
    net_rpt,
    cost_rpt,
    margin_rpt,
    variable_selling_rpt,
    {{ line_amount('margin_rpt - variable_selling_rpt') }} as contribution_rpt,
    operating_rpt,
    {{ line_amount('margin_rpt - variable_selling_rpt - operating_rpt') }} as operating_margin_rpt,
    list_rpt,
    discount_rpt,
    net_with_known_cost_rpt,
    quantity
from every_margin
