-- One row per invoice and cash sale that counts.
with documents as (select * from {{ ref('base_netsuite__documents') }}),

lines as (select * from {{ ref('base_netsuite__document_lines') }}),

links as (select * from {{ ref('base_netsuite__links') }}),

-- An invoice may bill several orders; the first one stands for all.
billed as (
    select
        next_id,
        min(previous_id) as order_id
    from links
    where link_type = 'OrdBill'
    group by next_id
),

freight as (
    select
        document_id,
        -sum(amount_doc) as freight_doc
    from lines
    where line_type = 'freight'
    group by document_id
)

select
    documents.document_id as invoice_id,
    documents.entity_id,
    documents.party_id as customer_id,
    billed.order_id,
    documents.channel,
    documents.dated_on as invoiced_on,
    documents.due_on,
    documents.discount_due_on,
    documents.cash_discount_ratio,
    cast(null as date) as disputed_on,
    cast(null as date) as dispute_ended_on,
    documents.currency,
    {{ money('documents.gross_doc + documents.tax_doc') }} as net_doc,
    {{ money('-documents.tax_doc') }} as tax_doc,
    {{ money('documents.gross_doc') }} as gross_doc,
    {{ money('documents.gross_local + documents.tax_local') }} as net_local,
    {{ money('documents.gross_local') }} as gross_local,
    {{ money('coalesce(freight.freight_doc, 0)') }} as freight_doc,
    documents.exchange_rate,
    documents.updated_at,
    {{ netsuite_lineage('documents') }}
from documents
left join billed on documents.id = billed.next_id
left join freight on documents.document_id = freight.document_id
where documents.transaction_type in ('CustInvc', 'CashSale') and documents.sign = 1
