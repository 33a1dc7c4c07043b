-- One row per payment to a vendor that counts, and per purchase from a vendor: negative where it is a card credit.
select
    document_id as bill_payment_id,
    entity_id,
    vendor_id,
    dated_on as paid_on,
    currency,
    {{ money('case when is_credit then -gross_doc else gross_doc end') }} as amount_doc,
    {{ money('case when is_credit then -gross_local else gross_local end') }} as amount_local,
    exchange_rate,
    bank_account_id,
    {{ lineage() }}
from {{ ref('base_quickbooks__documents') }}
where transaction_type = 'BillPayment' or (transaction_type = 'Purchase' and vendor_id is not null)
