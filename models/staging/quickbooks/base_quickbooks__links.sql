-- One row per document that a payment, or a payment to a vendor, is applied to, with the amount of that line.
with documents as (select * from {{ ref('base_quickbooks__documents') }}),

payment_lines as (
    select
        document_id,
        {{ json_elements('lines', ['Amount', 'LinkedTxn']) }} as line
    from documents
    where transaction_type in ('Payment', 'BillPayment') and lines is not null
),

linked as (
    select
        document_id,
        cast(line.amount as decimal(18, 2)) as amount_doc,
        {{ json_elements('line.LinkedTxn', ['TxnId', 'TxnType']) }} as link
    from payment_lines
    where line.linkedtxn is not null
)

select
    documents.document_id as payment_id,
    documents.source_system || ':' || linked.link.txnid as linked_id,
    linked.link.txntype as linked_type,
    sum(linked.amount_doc) as amount_doc
from linked
inner join documents on linked.document_id = documents.document_id
group by documents.document_id, documents.source_system, linked.link.txnid, linked.link.txntype
