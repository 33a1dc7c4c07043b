-- One row per party that was ever invoiced: recency, frequency and margin as of the day, each scored 1 to 5 among all parties.
-- Scores are fifths of the rank; equal parties share the better one, so that the order of rows decides nothing.
with customer_months as (select * from {{ ref('fct_customer_months') }}),

invoice_lines as (select * from {{ ref('fct_invoice_lines') }}),

party_customers as (select * from {{ ref('int_party_customers') }}),

party_profiles as (select * from {{ ref('int_party_profiles') }}),

run_context as (select * from {{ ref('int_run_context') }}),

last_orders as (
    select
        party_customers.party_id,
        max(invoice_lines.invoiced_on) as last_ordered_on,
        count(distinct invoice_lines.invoiced_on) as orders_count
    from invoice_lines
    inner join party_customers
        on invoice_lines.customer_id = party_customers.customer_id
    cross join run_context
    where
        invoice_lines.document_type = 'invoice'
        and not invoice_lines.is_intercompany
        and invoice_lines.invoiced_on <= run_context.as_of
    group by party_customers.party_id
),

years as (
    select
        customer_months.party_id,
        sum(customer_months.orders_count) as orders_of_year_count,
        sum(customer_months.net_rpt) as net_of_year_rpt,
        sum(customer_months.margin_rpt) as margin_of_year_rpt
    from customer_months
    cross join run_context
    where customer_months.month_on > cast({{ dbt.dateadd('month', -12, month_of('run_context.as_of')) }} as date)
    group by customer_months.party_id
),

measured as (
    select
        last_orders.party_id,
        last_orders.last_ordered_on,
        {{ dbt.datediff('last_orders.last_ordered_on', 'run_context.as_of', 'day') }} as recency_days,
        last_orders.orders_count,
        coalesce(years.orders_of_year_count, 0) as orders_of_year_count,
        coalesce(years.net_of_year_rpt, 0) as net_of_year_rpt,
        coalesce(years.margin_of_year_rpt, 0) as margin_of_year_rpt,
        count(*) over () as parties_count
    from last_orders
    cross join run_context
    left join years
        on last_orders.party_id = years.party_id
),

ranked as (
    select
        *,
        rank() over (order by recency_days asc) as recency_rank,
        rank() over (order by orders_of_year_count desc) as frequency_rank,
        rank() over (order by margin_of_year_rpt desc) as margin_rank
    from measured
),

final as (
    select
        ranked.party_id,
        party_profiles.name as party_name,
        party_profiles.region,
        party_profiles.segment,
        ranked.last_ordered_on,
        cast(ranked.recency_days as integer) as recency_days,
        cast(ranked.orders_count as integer) as orders_count,
        cast(ranked.orders_of_year_count as integer) as orders_of_year_count,
        {{ money('ranked.net_of_year_rpt') }} as net_of_year_rpt,
        {{ money('ranked.margin_of_year_rpt') }} as margin_of_year_rpt,
        cast(5 - floor(5 * (ranked.recency_rank - 1) / ranked.parties_count) as integer) as recency_score,
        cast(5 - floor(5 * (ranked.frequency_rank - 1) / ranked.parties_count) as integer) as frequency_score,
        cast(5 - floor(5 * (ranked.margin_rank - 1) / ranked.parties_count) as integer) as margin_score
    from ranked
    inner join party_profiles
        on ranked.party_id = party_profiles.party_id
)

select * from final
