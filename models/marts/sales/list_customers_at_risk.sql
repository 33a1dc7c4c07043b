-- One row per party that brought margin in the last two years and shows a sign of leaving:
--   silent     twice its own mean time between orders has passed since the last (at least three orders);
--   falling    the last six full months brought less than half of the six before;
--   inactive   its orders say that it is probably no longer a customer (probability below one half);
--   let_down   two or more tickets of the last 90 days missed their promise.
-- At risk is the margin of the better of the last two years.
with rfm as (select * from {{ ref('fct_customer_rfm') }}),

invoice_lines as (select * from {{ ref('fct_invoice_lines') }}),

customer_months as (select * from {{ ref('fct_customer_months') }}),

customer_value as (select * from {{ ref('fct_customer_value') }}),

tickets as (select * from {{ ref('fct_tickets') }}),

party_customers as (select * from {{ ref('int_party_customers') }}),

run_context as (select * from {{ ref('int_run_context') }}),

first_orders as (
    select
        party_customers.party_id,
        min(invoice_lines.invoiced_on) as first_ordered_on
    from invoice_lines
    inner join party_customers
        on invoice_lines.customer_id = party_customers.customer_id
    where invoice_lines.document_type = 'invoice' and not invoice_lines.is_intercompany
    group by party_customers.party_id
),

halves as (
    select
        customer_months.party_id,
        sum(case
            when
                {{ dbt.datediff('customer_months.month_on', 'run_context.as_of', 'month') }} between 1 and 6
                then customer_months.net_rpt else
                0
        end) as net_of_half_rpt,
        sum(case
            when
                {{ dbt.datediff('customer_months.month_on', 'run_context.as_of', 'month') }} between 7 and 12
                then customer_months.net_rpt else
                0
        end) as net_of_half_before_rpt,
        sum(case
            when
                {{ dbt.datediff('customer_months.month_on', 'run_context.as_of', 'month') }} between 0 and 11
                then customer_months.margin_rpt else
                0
        end) as margin_of_year_rpt,
        sum(case
            when
                {{ dbt.datediff('customer_months.month_on', 'run_context.as_of', 'month') }} between 12 and 23
                then customer_months.margin_rpt else
                0
        end) as margin_of_year_before_rpt
    from customer_months
    cross join run_context
    group by customer_months.party_id
),

active as (
    select
        party_id,
        min(probability_active_ratio) as probability_active_ratio
    from customer_value
    where is_chosen and stream <> 'all'
    group by party_id
),

breaches as (
    select
        tickets.party_id,
        count(*) as sla_breached_count
    from tickets
    cross join run_context
    where tickets.is_sla_breached and tickets.opened_on > cast({{ dbt.dateadd('day', -90, 'run_context.as_of') }} as date)
    group by tickets.party_id
),

measured as (
    select
        rfm.*,
        case
            when rfm.orders_count >= 3
                then {{ ratio(dbt.datediff('first_orders.first_ordered_on', 'rfm.last_ordered_on', 'day'), 'rfm.orders_count - 1') }}
        end as mean_order_interval_days,
        halves.net_of_half_rpt,
        halves.net_of_half_before_rpt,
        greatest(halves.margin_of_year_rpt, halves.margin_of_year_before_rpt) as margin_at_risk_rpt,
        active.probability_active_ratio,
        coalesce(breaches.sla_breached_count, 0) as sla_breached_count
    from rfm
    inner join first_orders
        on rfm.party_id = first_orders.party_id
    inner join halves
        on rfm.party_id = halves.party_id
    left join active
        on rfm.party_id = active.party_id
    left join breaches
        on rfm.party_id = breaches.party_id
),

judged as (
    select
        measured.*,
        coalesce(recency_days > 2 * mean_order_interval_days, false) as is_silent,
        coalesce(net_of_half_before_rpt > 0 and net_of_half_rpt < net_of_half_before_rpt / 2, false) as is_falling,
        coalesce(probability_active_ratio < 0.5, false) as is_inactive,
        sla_breached_count >= 2 as is_let_down
    from measured
    where margin_at_risk_rpt > 0
),

final as (
    select
        party_id,
        party_name,
        region,
        segment,
        {{ money('margin_at_risk_rpt') }} as margin_at_risk_rpt,
        last_ordered_on,
        recency_days,
        cast(mean_order_interval_days as decimal(18, 2)) as mean_order_interval_days,
        {{ money('net_of_half_rpt') }} as net_of_half_rpt,
        {{ money('net_of_half_before_rpt') }} as net_of_half_before_rpt,
        probability_active_ratio,
        cast(sla_breached_count as integer) as sla_breached_count,
        is_silent,
        is_falling,
        is_inactive,
        is_let_down,
        trim(
            case
                when is_silent
                    then
                        recency_days
                        || ' days without an order, usually '
                        || cast(cast(mean_order_interval_days as decimal(18, 0)) as varchar(30))
                        || '; '
                else ''
            end
            || case
                when is_falling
                    then
                        'half year ' || cast({{ money('net_of_half_rpt') }} as varchar(30)) || ' after '
                        || cast({{ money('net_of_half_before_rpt') }} as varchar(30)) || '; '
                else ''
            end
            || case
                when is_inactive
                    then 'chance of being active ' || cast(cast(probability_active_ratio as decimal(9, 2)) as varchar(30)) || '; '
                else ''
            end
            || case when is_let_down then sla_breached_count || ' late tickets in 90 days; ' else '' end
        ) as reason
    from judged
    where is_silent or is_falling or is_inactive or is_let_down
)

select * from final
