-- One row per quarter of first invoices and month of age that all its customers have lived through: what they cost to win, and the
-- margin they have brought since, invoiced and collected. Paid back at the first age at which the margin is the cost. Collected: the
-- share of each invoice's margin that payments had settled by the end of the month. Quarters of which a month has no
-- cost (before the lag is covered) are left out.
with acquisition as (select * from {{ ref('fct_acquisition_monthly') }}),

customer_months as (select * from {{ ref('fct_customer_months') }}),

invoice_lines as (select * from {{ ref('fct_invoice_lines') }} where not is_intercompany),

invoices as (select * from {{ ref('int_invoices') }}),

applications as (select * from {{ ref('int_payment_applications') }}),

party_customers as (select * from {{ ref('int_party_customers') }}),

run_context as (select * from {{ ref('int_run_context') }}),

cost_months as (
    select
        month_on,
        sum(cost_rpt) as cost_rpt
    from acquisition
    group by month_on
),

costs as (
    select
        cast({{ dbt.date_trunc('quarter', 'month_on') }} as date) as cohort_on,
        sum(cost_rpt) as cost_rpt
    from cost_months
    group by cast({{ dbt.date_trunc('quarter', 'month_on') }} as date)
    having count(*) = 3
),

parties as (
    select
        party_id,
        min(first_month_on) as first_month_on,
        cast({{ dbt.date_trunc('quarter', 'min(first_month_on)') }} as date) as cohort_on
    from customer_months
    where first_month_on is not null
    group by party_id
),

cohorts as (
    select
        parties.cohort_on,
        costs.cost_rpt,
        count(*) as customers_count,
        max(parties.first_month_on) as youngest_month_on
    from parties
    inner join costs
        on parties.cohort_on = costs.cohort_on
    group by parties.cohort_on, costs.cost_rpt
),

invoice_margins as (
    select
        document_id as invoice_id,
        sum(margin_rpt) as margin_rpt
    from invoice_lines
    where document_type = 'invoice'
    group by document_id
),

-- Margin of a payment: as much of the invoice's as it settles of the gross amount. Added up exactly, in whatever order.
collected as (
    select
        party_customers.party_id,
        {{ month_of('applications.applied_on') }} as month_on,
        sum(
            cast(
                cast(invoice_margins.margin_rpt as double)
                * {{ ratio('(applications.amount_doc + coalesce(applications.discount_doc, 0))', 'invoices.gross_doc') }}
                as decimal(28, 8)
            )
        ) as margin_rpt
    from applications
    inner join invoices
        on applications.invoice_id = invoices.invoice_id
    inner join invoice_margins
        on applications.invoice_id = invoice_margins.invoice_id
    inner join party_customers
        on invoices.customer_id = party_customers.customer_id
    cross join run_context
    where applications.payment_id is not null and applications.applied_on <= run_context.as_of
    group by party_customers.party_id, {{ month_of('applications.applied_on') }}
),

moves as (
    select
        party_id,
        month_on,
        margin_rpt as invoiced_margin,
        0 as collected_margin
    from customer_months
    union all
    select
        party_id,
        month_on,
        0 as invoiced_margin,
        margin_rpt as collected_margin
    from collected
),

ages as (
    select
        parties.cohort_on,
        greatest({{ dbt.datediff('parties.first_month_on', 'moves.month_on', 'month') }}, 0) as age_months,
        sum(moves.invoiced_margin) as invoiced_margin,
        sum(moves.collected_margin) as collected_margin
    from moves
    inner join parties
        on moves.party_id = parties.party_id
    group by parties.cohort_on, greatest({{ dbt.datediff('parties.first_month_on', 'moves.month_on', 'month') }}, 0)
),

cumulated as (
    select
        ages.cohort_on,
        ages.age_months,
        cohorts.customers_count,
        cohorts.cost_rpt,
        sum(ages.invoiced_margin) over span as invoiced_margin,
        sum(ages.collected_margin) over span as collected_margin
    from ages
    inner join cohorts
        on ages.cohort_on = cohorts.cohort_on
    cross join run_context
    where
        cast({{ dbt.dateadd('month', 'ages.age_months + 1', 'cohorts.youngest_month_on') }} as date)
        <= cast({{ dbt.dateadd('day', 1, 'run_context.as_of') }} as date)
    window span as (partition by ages.cohort_on order by ages.age_months rows between unbounded preceding and current row)
),

final as (
    select
        cohort_on,
        cast(age_months as integer) as age_months,
        cast(customers_count as integer) as customers_count,
        {{ money('cost_rpt') }} as cost_rpt,
        {{ part_of('cost_rpt', '1', 'customers_count') }} as customer_acquisition_cost_rpt,
        {{ money('invoiced_margin') }} as margin_to_date_rpt,
        {{ money('collected_margin') }} as collected_margin_to_date_rpt,
        {{ part_of('invoiced_margin', '1', 'customers_count') }} as margin_per_customer_rpt,
        {{ part_of('collected_margin', '1', 'customers_count') }} as collected_margin_per_customer_rpt,
        invoiced_margin >= cost_rpt as is_paid_back,
        collected_margin >= cost_rpt as is_paid_back_in_cash,
        cast(min(case when invoiced_margin >= cost_rpt then age_months end) over (partition by cohort_on) as integer)
            as payback_months,
        cast(min(case when collected_margin >= cost_rpt then age_months end) over (partition by cohort_on) as integer)
            as cash_payback_months
    from cumulated
)

select * from final
