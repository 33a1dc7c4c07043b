-- One row per payment and sales receipt that counts, and per refund receipt, which is money given back. Leaves out payments of
-- nothing, which only apply credits.
select
    document_id as payment_id,
    entity_id,
    customer_id,
    dated_on as paid_on,
    currency,
    {{ money("case when transaction_type = 'RefundReceipt' then -gross_doc else gross_doc end") }} as amount_doc,
    {{ money("case when transaction_type = 'RefundReceipt' then -gross_local else gross_local end") }} as amount_local,
    exchange_rate,
    bank_account_id,
    {{ lineage() }}
from {{ ref('base_quickbooks__documents') }}
where transaction_type in ('SalesReceipt', 'RefundReceipt') or (transaction_type = 'Payment' and gross_doc <> 0)
