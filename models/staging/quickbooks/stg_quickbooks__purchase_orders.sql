-- One row per purchase order.
select
    document_id as purchase_order_id,
    entity_id,
    vendor_id,
    dated_on as ordered_on,
    coalesce(promised_on, due_on) as promised_on,
    currency,
    case when status = 'Closed' then 'closed' else 'open' end as status,
    {{ lineage() }}
from {{ ref('base_quickbooks__documents') }}
where transaction_type = 'PurchaseOrder'
