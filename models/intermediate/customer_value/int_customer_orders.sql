-- One row per party and day with invoice or credit note lines outside of contracts (item type subscription): what was ordered and the
-- margin it brought. The events of every model of repeat orders. Leaves out intercompany customers and days after the as-of date.
{{ config(materialized='table') }}

with invoice_lines as (select * from {{ ref('fct_invoice_lines') }}),

party_customers as (select * from {{ ref('int_party_customers') }}),

party_profiles as (select * from {{ ref('int_party_profiles') }}),

firsts as (
    select
        party_customers.party_id,
        min(invoice_lines.invoiced_on) as first_invoiced_on
    from invoice_lines
    inner join party_customers
        on invoice_lines.customer_id = party_customers.customer_id
    where invoice_lines.document_type = 'invoice' and not invoice_lines.is_intercompany
    group by party_customers.party_id
),

final as (
    select
        party_customers.party_id,
        party_profiles.segment,
        cast({{ dbt.date_trunc('quarter', 'firsts.first_invoiced_on') }} as date) as cohort_on,
        invoice_lines.invoiced_on as ordered_on,
        {{ line_amount("sum(case when invoice_lines.is_cost_known then invoice_lines.margin_rpt else 0 end)") }} as margin_rpt,
        {{ line_amount('sum(invoice_lines.net_rpt)') }} as net_rpt
    from invoice_lines
    inner join party_customers
        on invoice_lines.customer_id = party_customers.customer_id
    inner join party_profiles
        on party_customers.party_id = party_profiles.party_id
    inner join firsts
        on party_customers.party_id = firsts.party_id
    where not invoice_lines.is_intercompany and coalesce(invoice_lines.item_type, '') <> 'subscription'
    group by
        party_customers.party_id, party_profiles.segment, cast({{ dbt.date_trunc('quarter', 'firsts.first_invoiced_on') }} as date),
        invoice_lines.invoiced_on
)

select * from final
