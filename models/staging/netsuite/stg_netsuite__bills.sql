-- One row per vendor bill and vendor credit that counts; credits are negative bills. One that a reversing journal voided is taken
-- back on its day.
with documents as (select * from {{ ref('base_netsuite__documents') }}),

links as (select * from {{ ref('base_netsuite__links') }}),

billed as (
    select
        next_id,
        min(previous_id) as purchase_order_id
    from links
    where link_type = 'OrdBill'
    group by next_id
)

select
    documents.document_id as bill_id,
    documents.entity_id,
    documents.party_id as vendor_id,
    billed.purchase_order_id,
    documents.dated_on as billed_on,
    documents.due_on,
    documents.discount_due_on,
    documents.cash_discount_ratio,
    documents.currency,
    {{ money('-(documents.gross_doc + documents.tax_doc) * documents.sign') }} as net_doc,
    {{ money('documents.tax_doc * documents.sign') }} as tax_doc,
    {{ money('-documents.gross_doc * documents.sign') }} as gross_doc,
    {{ money('-(documents.gross_local + documents.tax_local) * documents.sign') }} as net_local,
    {{ money('-documents.gross_local * documents.sign') }} as gross_local,
    documents.exchange_rate,
    documents.updated_at,
    {{ netsuite_lineage('documents') }}
from documents
left join billed on documents.id = billed.next_id
where documents.transaction_type in ('VendBill', 'VendCred')
