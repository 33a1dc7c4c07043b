-- One row per invoice and sales receipt that counts; a sales receipt is an invoice paid as it is made.
with documents as (select * from {{ ref('base_quickbooks__documents') }}),

freight as (
    select
        document_id,
        sum(amount_doc) as freight_doc
    from {{ ref('base_quickbooks__lines') }}
    where is_freight
    group by document_id
)

select
    documents.document_id as invoice_id,
    documents.entity_id,
    documents.customer_id,
    documents.source_system || ':' || documents.order_ref as order_id,
    documents.channel,
    documents.dated_on as invoiced_on,
    documents.due_on,
    documents.discount_due_on,
    documents.cash_discount_ratio,
    cast(null as date) as disputed_on,
    cast(null as date) as dispute_ended_on,
    documents.currency,
    documents.net_doc,
    documents.tax_doc,
    documents.gross_doc,
    documents.net_local,
    documents.gross_local,
    {{ money('coalesce(freight.freight_doc, 0)') }} as freight_doc,
    documents.exchange_rate,
    documents.updated_at,
    {{ quickbooks_lineage('documents') }}
from documents
left join freight on documents.document_id = freight.document_id
where documents.transaction_type in ('Invoice', 'SalesReceipt')
