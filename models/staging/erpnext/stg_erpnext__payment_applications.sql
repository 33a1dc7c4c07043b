-- One row per settlement of an invoice: by a payment as ERPNext allocated it, or by the credit note that is against it. A credit
-- note settles its invoice as far as payments leave something of it; the rest stays the customer's credit.
with {{ erpnext_allocations('Customer', 'Sales Invoice', 'erpnext_sales_invoice') }},

invoices as (
    select * from {{ source('raw', 'erpnext_sales_invoice') }}
    where docstatus = 1
),

paid as (
    select
        document_id,
        sum(amount_doc + coalesce(discount_doc, 0)) as paid_doc
    from allocations
    group by document_id
),

credits as (
    select
        returns.*,
        -returns.gross_doc as credit_doc,
        invoices.gross_doc - coalesce(paid.paid_doc, 0) as unpaid_doc,
        sum(-returns.gross_doc) over (
            partition by returns.return_against order by returns.posted_on asc, returns.id asc rows unbounded preceding
        ) as credits_doc
    from invoices as returns
    inner join invoices on returns.return_against = invoices.id
    left join paid on returns.return_against = paid.document_id
    where returns.is_return
),

settling as (
    select
        *,
        {{ money('least(credit_doc, unpaid_doc - (credits_doc - credit_doc))') }} as settled_doc
    from credits
)

select
    id as payment_application_id,
    payment_id,
    cast(null as varchar) as credit_note_id,
    document_id as invoice_id,
    applied_on,
    amount_doc,
    amount_local,
    discount_doc,
    exchange_gain_local as exchange_difference_local,
    {{ lineage() }}
from allocations
union all
select
    id as payment_application_id,
    cast(null as varchar) as payment_id,
    id as credit_note_id,
    return_against as invoice_id,
    posted_on as applied_on,
    settled_doc as amount_doc,
    case when settled_doc = credit_doc then -gross_local else {{ converted('settled_doc', 'exchange_rate') }} end as amount_local,
    cast(null as decimal(18, 2)) as discount_doc,
    cast(null as decimal(18, 2)) as exchange_difference_local,
    {{ lineage() }}
from settling
where settled_doc > 0
