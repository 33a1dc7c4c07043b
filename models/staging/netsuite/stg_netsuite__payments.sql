-- One row per customer payment, deposit and cash sale that counts. One that a reversing journal voided is taken back on its day.
select
    document_id as payment_id,
    entity_id,
    party_id as customer_id,
    dated_on as paid_on,
    currency,
    {{ money('gross_doc * sign') }} as amount_doc,
    {{ money('gross_local * sign') }} as amount_local,
    exchange_rate,
    bank_account_id,
    {{ lineage() }}
from {{ ref('base_netsuite__documents') }}
where transaction_type in ('CustPymt', 'CustDep', 'CashSale')
