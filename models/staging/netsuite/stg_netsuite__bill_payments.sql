-- One row per payment to a vendor that counts, and per vendor credit that was applied: a payment of nothing, which takes off the bill
-- what it takes off the credit. A payment that a reversing journal voided is taken back on its day.
with documents as (select * from {{ ref('base_netsuite__documents') }}),

applications as (select * from {{ ref('base_netsuite__applications') }})

select
    document_id as bill_payment_id,
    entity_id,
    party_id as vendor_id,
    dated_on as paid_on,
    currency,
    {{ money("case when transaction_type = 'VendPymt' then -gross_doc * sign else 0 end") }} as amount_doc,
    {{ money("case when transaction_type = 'VendPymt' then -gross_local * sign else 0 end") }} as amount_local,
    exchange_rate,
    bank_account_id,
    {{ lineage() }}
from documents
where
    transaction_type = 'VendPymt'
    or (
        transaction_type = 'VendCred'
        and document_id in (select applications.settling_id from applications where applications.settling_type = 'VendCred')
    )
