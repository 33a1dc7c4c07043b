-- One row per bill that counts, per vendor credit, which is a negative bill, and per purchase from a vendor, which is a bill paid as it
-- is made. Leaves out purchases from nobody or from others than vendors: they stand in the ledger alone.
{% set sign = "case when transaction_type = 'VendorCredit' or is_credit then -1 else 1 end" %}

with documents as (select * from {{ ref('base_quickbooks__documents') }}),

links as (
    select
        document_id,
        {{ json_elements('links', ['TxnId', 'TxnType']) }} as link
    from documents
    where links is not null
),

-- A bill may stand for several orders; the first one stands for all.
ordered as (
    select
        document_id,
        min(link.txnid) as purchase_order
    from links
    where link.txntype = 'PurchaseOrder'
    group by document_id
)

select
    documents.document_id as bill_id,
    entity_id,
    vendor_id,
    source_system || ':' || ordered.purchase_order as purchase_order_id,
    dated_on as billed_on,
    due_on,
    discount_due_on,
    cash_discount_ratio,
    currency,
    {{ money('net_doc * ' ~ sign) }} as net_doc,
    {{ money('tax_doc * ' ~ sign) }} as tax_doc,
    {{ money('gross_doc * ' ~ sign) }} as gross_doc,
    {{ money('net_local * ' ~ sign) }} as net_local,
    {{ money('gross_local * ' ~ sign) }} as gross_local,
    exchange_rate,
    updated_at,
    {{ lineage() }}
from documents
left join ordered on documents.document_id = ordered.document_id
where transaction_type in ('Bill', 'VendorCredit') or (transaction_type = 'Purchase' and vendor_id is not null)
