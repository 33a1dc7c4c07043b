-- One row per ERP customer and month from its first invoice on, also the months without one. Leaves out intercompany customers.
with margins as (select * from {{ ref('fct_margins_monthly') }}),

invoice_lines as (select * from {{ ref('fct_invoice_lines') }}),

party_customers as (select * from {{ ref('int_party_customers') }}),

party_profiles as (select * from {{ ref('int_party_profiles') }}),

dates as (select * from {{ ref('dim_dates') }}),

run_context as (select * from {{ ref('int_run_context') }}),

-- Invoices of one day are one order placed in parts.
invoiced_months as (
    select
        customer_id,
        month_on,
        count(distinct invoiced_on) as orders_count
    from invoice_lines
    where document_type = 'invoice' and not is_intercompany
    group by customer_id, month_on
),

margin_months as (
    select
        customer_id,
        month_on,
        sum(net_rpt) as net_rpt,
        sum(margin_rpt) as margin_rpt,
        sum(net_with_known_cost_rpt) as net_with_known_cost_rpt,
        sum(contribution_rpt) as contribution_rpt,
        max(case when net_rpt <> 0 or cost_rpt <> 0 or quantity <> 0 then 1 else 0 end) as is_sold
    from margins
    group by customer_id, month_on
),

-- A credit note may come before any invoice that is loaded; the customer's months begin with it. A share of expenses does not
-- make a customer.
first_months as (
    select
        customer_id,
        min(month_on) as first_seen_on
    from (
        select
            customer_id,
            month_on
        from invoiced_months
        union all
        select
            customer_id,
            month_on
        from margin_months
        where is_sold = 1
    ) as seen
    group by customer_id
),

party_firsts as (
    select
        party_customers.party_id,
        min(invoiced_months.month_on) as first_month_on
    from invoiced_months
    inner join party_customers
        on invoiced_months.customer_id = party_customers.customer_id
    group by party_customers.party_id
),

months as (
    select distinct dates.month_on
    from dates
    cross join run_context
    where dates.month_on <= run_context.as_of
),

spine as (
    select
        first_months.customer_id,
        months.month_on
    from first_months
    inner join months
        on first_months.first_seen_on <= months.month_on
),

filled as (
    select
        spine.customer_id,
        spine.month_on,
        coalesce(invoiced_months.orders_count, 0) as orders_count,
        coalesce(margin_months.net_rpt, 0) as net_rpt,
        coalesce(margin_months.margin_rpt, 0) as margin_rpt,
        coalesce(margin_months.net_with_known_cost_rpt, 0) as net_with_known_cost_rpt,
        coalesce(margin_months.contribution_rpt, 0) as contribution_rpt,
        sum(coalesce(invoiced_months.orders_count, 0)) over (
            partition by spine.customer_id order by spine.month_on rows between 11 preceding and current row
        ) as orders_of_year_count
    from spine
    left join invoiced_months
        on spine.customer_id = invoiced_months.customer_id and spine.month_on = invoiced_months.month_on
    left join margin_months
        on spine.customer_id = margin_months.customer_id and spine.month_on = margin_months.month_on
),

final as (
    select
        party_customers.party_id,
        filled.customer_id,
        filled.month_on,
        party_customers.source_system,
        party_customers.source_id,
        party_profiles.region,
        party_profiles.segment,
        {{ line_amount('filled.net_rpt') }} as net_rpt,
        {{ line_amount('filled.margin_rpt') }} as margin_rpt,
        {{ line_amount('filled.net_with_known_cost_rpt') }} as net_with_known_cost_rpt,
        {{ line_amount('filled.contribution_rpt') }} as contribution_rpt,
        cast(filled.orders_count as integer) as orders_count,
        party_firsts.first_month_on,
        cast({{ dbt.datediff('party_firsts.first_month_on', 'filled.month_on', 'month') }} as integer) as age_months,
        coalesce(filled.month_on = party_firsts.first_month_on, false) as is_new,
        filled.orders_of_year_count > 0 as is_active,
        party_customers.status in ('accepted', 'grouped') as is_matched
    from filled
    inner join party_customers
        on filled.customer_id = party_customers.customer_id
    inner join party_profiles
        on party_customers.party_id = party_profiles.party_id
    left join party_firsts
        on party_customers.party_id = party_firsts.party_id
)

select * from final
