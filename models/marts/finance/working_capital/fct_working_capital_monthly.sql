-- One row per entity and month (and the as-of day) from its first sale, purchase or stock: days sales outstanding, days
-- payable outstanding, days inventory outstanding, the cash conversion cycle and how well collection worked.
-- Balances stand at the month's end; sales, purchases and cost of goods are those of the 90 days up to it, tax included
-- on both sides of receivables and payables. Leaves out the group's own companies as customers and vendors.
-- A figure over 90 days is null until 90 days are on record: three months of sales under a whole year's receivables
-- would look like slow customers.
with receivables as (select * from {{ ref('fct_receivable_ageing') }}),

payables as (select * from {{ ref('fct_payable_ageing') }}),

receivable_items as (select * from {{ ref('fct_receivable_items') }} where not is_intercompany),

payable_items as (select * from {{ ref('fct_payable_items') }} where not is_intercompany),

customers as (select * from {{ ref('dim_customers') }}),

vendors as (select * from {{ ref('int_vendors') }}),

inventory as (select * from {{ ref('fct_inventory_monthly') }}),

moves as (select * from {{ ref('int_inventory_moves') }} where move_type in ('issue', 'return')),

entities as (select * from {{ ref('int_legal_entities') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

month_ends as (select * from {{ ref('int_month_ends') }}),

balances as (
    select
        receivables.entity_id,
        receivables.as_of_on,
        receivables.open_local as receivables_local,
        receivables.open_rpt as receivables_rpt,
        case when receivables.bucket = 'not_due' then receivables.open_local else 0 end as not_due_local,
        case when receivables.bucket = 'not_due' then receivables.open_rpt else 0 end as not_due_rpt,
        case when receivables.bucket not in ('not_due', 'unapplied') then receivables.open_local else 0 end as overdue_local,
        0 as payables_local,
        0 as payables_rpt,
        0 as inventory_local,
        0 as inventory_rpt
    from receivables
    left join customers on receivables.customer_id = customers.customer_id
    where not coalesce(customers.is_intercompany, false)
    union all
    select
        payables.entity_id, payables.as_of_on, 0 as receivables_local, 0 as receivables_rpt, 0 as not_due_local,
        0 as not_due_rpt, 0 as overdue_local,
        payables.open_local as payables_local, payables.open_rpt as payables_rpt, 0 as inventory_local, 0 as inventory_rpt
    from payables
    left join vendors on payables.vendor_id = vendors.vendor_id
    where vendors.intercompany_entity_id is null
    union all
    select
        inventory.entity_id, month_ends.as_of_on, 0 as receivables_local, 0 as receivables_rpt, 0 as not_due_local,
        0 as not_due_rpt, 0 as overdue_local, 0 as payables_local, 0 as payables_rpt,
        inventory.closing_local as inventory_local, inventory.closing_rpt as inventory_rpt
    from inventory
    inner join month_ends on inventory.month_on = month_ends.month_on
),

standing as (
    select
        entity_id,
        as_of_on,
        sum(receivables_local) as receivables_local,
        sum(receivables_rpt) as receivables_rpt,
        sum(not_due_local) as not_due_local,
        sum(not_due_rpt) as not_due_rpt,
        sum(overdue_local) as overdue_local,
        sum(payables_local) as payables_local,
        sum(payables_rpt) as payables_rpt,
        sum(inventory_local) as inventory_local,
        sum(inventory_rpt) as inventory_rpt
    from balances
    group by entity_id, as_of_on
),

flows as (
    select
        entity_id, invoiced_on as event_on, gross_local as sales_local, gross_rpt as sales_rpt,
        0 as purchases_local, 0 as purchases_rpt, 0 as goods_local
    from receivable_items
    where document_type in ('invoice', 'credit_note')
    union all
    select
        entity_id, billed_on as event_on, 0 as sales_local, 0 as sales_rpt,
        gross_local as purchases_local, gross_rpt as purchases_rpt, 0 as goods_local
    from payable_items
    where document_type in ('bill', 'debit_note')
    union all
    select
        entity_id, moved_on as event_on, 0 as sales_local, 0 as sales_rpt,
        0 as purchases_local, 0 as purchases_rpt, -value_local as goods_local
    from moves
),

-- By day first: a window of 90 days then meets days, of which there are few, and not documents.
daily as (
    select
        flows.entity_id,
        flows.event_on,
        sum(flows.sales_local) as sales_local,
        sum(flows.sales_rpt) as sales_rpt,
        sum(flows.purchases_local) as purchases_local,
        sum(flows.purchases_rpt) as purchases_rpt,
        {{ money('sum(flows.goods_local)') }} as goods_local
    from flows
    group by flows.entity_id, flows.event_on
),

daily_reported as (
    select
        daily.*,
        {{ in_reporting_currency('daily.goods_local') }} as goods_rpt
    from daily
    inner join entities on daily.entity_id = entities.entity_id
    left join reporting_rates
        on
            entities.currency = reporting_rates.currency
            and daily.event_on = reporting_rates.rate_on
),

first_days as (
    select
        entity_id,
        min(event_on) as first_on,
        min(case when sales_local <> 0 then event_on end) as first_sale_on,
        min(case when purchases_local <> 0 then event_on end) as first_purchase_on,
        min(case when goods_local <> 0 then event_on end) as first_goods_on
    from daily
    group by entity_id
),

first_balances as (
    select
        entity_id,
        min(as_of_on) as first_on
    from standing
    group by entity_id
),

months as (
    select
        entities.entity_id,
        entities.currency,
        month_ends.month_on,
        month_ends.as_of_on,
        cast({{ dbt.datediff('month_ends.month_on', 'month_ends.as_of_on', 'day') }} as integer) + 1 as days_count,
        coalesce(
            first_days.first_sale_on <= cast({{ dbt.dateadd('day', -89, 'month_ends.as_of_on') }} as date), false
        ) as has_90_days_of_sales,
        coalesce(
            first_days.first_purchase_on <= cast({{ dbt.dateadd('day', -89, 'month_ends.as_of_on') }} as date), false
        ) as has_90_days_of_purchases,
        coalesce(
            first_days.first_goods_on <= cast({{ dbt.dateadd('day', -89, 'month_ends.as_of_on') }} as date), false
        ) as has_90_days_of_goods
    from entities
    cross join month_ends
    left join first_days on entities.entity_id = first_days.entity_id
    left join first_balances on entities.entity_id = first_balances.entity_id
    where month_ends.as_of_on >= least(first_days.first_on, first_balances.first_on)
),

windows as (
    select
        months.entity_id,
        months.as_of_on,
        sum(case when daily_reported.event_on >= months.month_on then daily_reported.sales_local else 0 end) as sales_local,
        sum(daily_reported.sales_local) as sales_90_days_local,
        sum(daily_reported.sales_rpt) as sales_90_days_rpt,
        sum(daily_reported.purchases_local) as purchases_90_days_local,
        sum(daily_reported.purchases_rpt) as purchases_90_days_rpt,
        sum(daily_reported.goods_local) as goods_90_days_local,
        sum(daily_reported.goods_rpt) as goods_90_days_rpt
    from months
    inner join daily_reported
        on
            months.entity_id = daily_reported.entity_id
            and months.as_of_on >= daily_reported.event_on
            and daily_reported.event_on >= cast({{ dbt.dateadd('day', -89, 'months.as_of_on') }} as date)
    group by months.entity_id, months.as_of_on
),

monthly as (
    select
        months.entity_id,
        months.currency,
        months.month_on,
        months.as_of_on,
        months.days_count,
        months.has_90_days_of_sales,
        months.has_90_days_of_purchases,
        months.has_90_days_of_goods,
        {{ money('coalesce(standing.receivables_local, 0)') }} as receivables_local,
        {{ money('coalesce(standing.receivables_rpt, 0)') }} as receivables_rpt,
        {{ money('coalesce(standing.not_due_local, 0)') }} as receivables_not_due_local,
        {{ money('coalesce(standing.not_due_rpt, 0)') }} as receivables_not_due_rpt,
        {{ money('coalesce(standing.overdue_local, 0)') }} as receivables_overdue_local,
        {{ money('coalesce(standing.payables_local, 0)') }} as payables_local,
        {{ money('coalesce(standing.payables_rpt, 0)') }} as payables_rpt,
        {{ money('coalesce(standing.inventory_local, 0)') }} as inventory_local,
        {{ money('coalesce(standing.inventory_rpt, 0)') }} as inventory_rpt,
        {{ money('coalesce(windows.sales_local, 0)') }} as credit_sales_local,
        {{ money('coalesce(windows.sales_90_days_local, 0)') }} as credit_sales_90_days_local,
        {{ money('coalesce(windows.sales_90_days_rpt, 0)') }} as credit_sales_90_days_rpt,
        {{ money('coalesce(windows.purchases_90_days_local, 0)') }} as credit_purchases_90_days_local,
        {{ money('coalesce(windows.purchases_90_days_rpt, 0)') }} as credit_purchases_90_days_rpt,
        {{ money('coalesce(windows.goods_90_days_local, 0)') }} as cost_of_goods_90_days_local,
        {{ money('coalesce(windows.goods_90_days_rpt, 0)') }} as cost_of_goods_90_days_rpt
    from months
    left join standing
        on
            months.entity_id = standing.entity_id
            and months.as_of_on = standing.as_of_on
    left join windows
        on
            months.entity_id = windows.entity_id
            and months.as_of_on = windows.as_of_on
),

-- Count-back: the newest month's sales are taken off the receivables first, then the month before, until nothing is left.
counted_back as (
    select
        monthly.entity_id,
        monthly.month_on,
        monthly.receivables_local,
        earlier.month_on as sales_month_on,
        earlier.days_count,
        earlier.credit_sales_local,
        sum(earlier.credit_sales_local) over newest_first as covered_local,
        coalesce(sum(earlier.days_count) over newer_only, 0) as days_before
    from monthly
    inner join monthly as earlier
        on
            monthly.entity_id = earlier.entity_id
            and monthly.month_on >= earlier.month_on
    window
        newest_first as (
            partition by monthly.entity_id, monthly.month_on order by earlier.month_on desc
            rows between unbounded preceding and current row
        ),
        newer_only as (
            partition by monthly.entity_id, monthly.month_on order by earlier.month_on desc
            rows between unbounded preceding and 1 preceding
        )
),

covering_months as (
    select
        *,
        row_number() over (partition by entity_id, month_on order by sales_month_on desc) as place
    from counted_back
    where covered_local >= receivables_local and credit_sales_local > 0 and receivables_local > 0
),

count_back as (
    select
        entity_id,
        month_on,
        days_before
        + {{ ratio('(receivables_local - (covered_local - credit_sales_local)) * days_count', 'credit_sales_local') }}
            as days_sales_outstanding_count_back
    from covering_months
    where place = 1
),

with_opening as (
    select
        monthly.*,
        lag(receivables_local) over (partition by entity_id order by month_on) as opening_receivables_local
    from monthly
),

measured as (
    select
        with_opening.*,
        case
            when has_90_days_of_sales then {{ ratio('receivables_local * 90', 'credit_sales_90_days_local') }}
        end as days_sales_outstanding,
        case
            when receivables_local <= 0 then 0
            else count_back.days_sales_outstanding_count_back
        end as days_sales_outstanding_count_back,
        case
            when has_90_days_of_sales then {{ ratio('receivables_not_due_local * 90', 'credit_sales_90_days_local') }}
        end as best_possible_days_sales_outstanding,
        {{ ratio(
            'opening_receivables_local + credit_sales_local - with_opening.receivables_local',
            'opening_receivables_local + credit_sales_local - receivables_not_due_local'
        ) }} as collection_effectiveness_ratio,
        case
            when has_90_days_of_purchases then {{ ratio('payables_local * 90', 'credit_purchases_90_days_local') }}
        end as days_payable_outstanding,
        case
            when has_90_days_of_goods then {{ ratio('inventory_local * 90', 'cost_of_goods_90_days_local') }}
        end as days_inventory_outstanding
    from with_opening
    left join count_back
        on
            with_opening.entity_id = count_back.entity_id
            and with_opening.month_on = count_back.month_on
)

select
    entity_id,
    month_on,
    as_of_on,
    currency,
    days_count,
    receivables_local,
    receivables_rpt,
    receivables_not_due_local,
    receivables_not_due_rpt,
    receivables_overdue_local,
    opening_receivables_local,
    credit_sales_local,
    credit_sales_90_days_local,
    credit_sales_90_days_rpt,
    payables_local,
    payables_rpt,
    credit_purchases_90_days_local,
    credit_purchases_90_days_rpt,
    inventory_local,
    inventory_rpt,
    cost_of_goods_90_days_local,
    cost_of_goods_90_days_rpt,
    days_sales_outstanding,
    days_sales_outstanding_count_back,
    best_possible_days_sales_outstanding,
    days_sales_outstanding - best_possible_days_sales_outstanding as average_days_delinquent,
    collection_effectiveness_ratio,
    days_payable_outstanding,
    days_inventory_outstanding,
    -- An entity that never held stock, such as one that sells services, has a cycle without it.
    days_sales_outstanding
    + case when inventory_local = 0 and cost_of_goods_90_days_local = 0 then 0 else days_inventory_outstanding end
    - days_payable_outstanding as cash_conversion_cycle_days
from measured
