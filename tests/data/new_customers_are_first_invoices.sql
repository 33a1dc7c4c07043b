-- A returned row is a month whose new customers are not the parties first invoiced in it.
with first_invoices as (
    select
        month_on,
        count(distinct party_id) as customers_count
    from {{ ref('fct_customer_months') }}
    where is_new
    group by month_on
),

acquired as (
    select
        month_on,
        sum(new_customers_count) as customers_count
    from {{ ref('fct_acquisition_monthly') }}
    group by month_on
)

select
    acquired.month_on,
    acquired.customers_count,
    first_invoices.customers_count as first_invoices_count
from acquired
left join first_invoices
    on acquired.month_on = first_invoices.month_on
where acquired.customers_count <> coalesce(first_invoices.customers_count, 0)
