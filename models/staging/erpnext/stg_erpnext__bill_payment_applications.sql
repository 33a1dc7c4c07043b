-- One row per settlement of a bill by a payment, as ERPNext allocated it.
with {{ erpnext_allocations('Supplier', 'Purchase Invoice', 'erpnext_purchase_invoice') }}

select
    id as bill_payment_application_id,
    payment_id as bill_payment_id,
    document_id as bill_id,
    applied_on,
    amount_doc,
    amount_local,
    discount_doc,
    exchange_gain_local as exchange_difference_local,
    {{ lineage() }}
from allocations
