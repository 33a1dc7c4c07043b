-- One row per standing win, owner who earns by it and invoice of the deal: what the invoice is worth as the plan's base, before tax, the
-- day on which what is unpaid of it is taken back (null where the plan takes nothing back), and how much was settled by then. An invoice
-- whose lines are not known has no worth; cash that came for it is still cash.
with rates as (select * from {{ ref('int_commission_rates') }}),

invoice_deals as (select * from {{ ref('int_invoice_deals') }}),

invoices as (select * from {{ ref('int_invoices') }}),

invoice_lines as (select * from {{ ref('fct_invoice_lines') }}),

receivable_items as (select * from {{ ref('fct_receivable_items') }}),

applications as (select * from {{ ref('int_payment_applications') }}),

run_context as (select * from {{ ref('int_run_context') }}),

worth as (
    select
        document_id as invoice_id,
        min(invoiced_on) as invoiced_on,
        sum(net_rpt) as net_rpt,
        sum(coalesce(margin_rpt, 0)) as margin_rpt
    from invoice_lines
    where document_type = 'invoice'
    group by document_id
),

due_days as (
    select
        document_id as invoice_id,
        max(due_on) as due_on
    from receivable_items
    where document_type = 'invoice'
    group by document_id
),

of_deals as (
    select
        rates.deal_id,
        rates.owner_id,
        rates.won_on,
        rates.commission_base,
        invoices.invoice_id,
        invoices.currency,
        invoices.net_doc,
        invoices.gross_doc,
        worth.invoiced_on,
        case when rates.commission_base = 'booked' then worth.net_rpt else worth.margin_rpt end as worth_rpt,
        case
            when rates.claw_back_days is not null and rates.commission_base <> 'collected_cash'
                then cast({{ dbt.dateadd('day', 'rates.claw_back_days', 'due_days.due_on') }} as date)
        end as claw_back_on
    from rates
    inner join invoice_deals
        on rates.deal_id = invoice_deals.deal_id
    inner join invoices
        on invoice_deals.invoice_id = invoices.invoice_id
    left join worth
        on invoice_deals.invoice_id = worth.invoice_id
    left join due_days
        on invoice_deals.invoice_id = due_days.invoice_id
    where rates.reopened_on is null
),

settled_in_time as (
    select
        of_deals.invoice_id,
        of_deals.owner_id,
        sum(applications.amount_doc + coalesce(applications.discount_doc, 0)) as settled_doc
    from of_deals
    inner join applications
        on of_deals.invoice_id = applications.invoice_id and of_deals.claw_back_on >= applications.applied_on
    cross join run_context
    where applications.applied_on <= run_context.as_of
    group by of_deals.invoice_id, of_deals.owner_id
),

final as (
    select
        of_deals.*,
        coalesce(settled_in_time.settled_doc, 0) as settled_in_time_doc
    from of_deals
    left join settled_in_time
        on of_deals.invoice_id = settled_in_time.invoice_id and of_deals.owner_id = settled_in_time.owner_id
)

select * from final
