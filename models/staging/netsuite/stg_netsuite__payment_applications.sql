-- One row per application of a payment, deposit or credit memo to an invoice. A cash sale is paid as it is made, and an invoice that a
-- reversing journal voided is settled by the credit that stands for the journal.
with applications as (select * from {{ ref('base_netsuite__applications') }}),

documents as (select * from {{ ref('base_netsuite__documents') }})

select
    application_id as payment_application_id,
    case when settling_type <> 'CustCred' then settling_id end as payment_id,
    case when settling_type = 'CustCred' then settling_id end as credit_note_id,
    settled_id as invoice_id,
    applied_on,
    amount_doc,
    amount_local,
    discount_doc,
    exchange_difference_local,
    {{ lineage() }}
from applications
where settling_type not in ('VendPymt', 'VendCred')
union all
select
    document_id || '-0-' || {{ netsuite_bare_id('id') }} || '-0' as payment_application_id,
    case when sign = 1 then document_id end as payment_id,
    case when sign = -1 then document_id end as credit_note_id,
    id as invoice_id,
    dated_on as applied_on,
    {{ money('gross_doc') }} as amount_doc,
    {{ money('gross_local') }} as amount_local,
    cast(0 as decimal(18, 2)) as discount_doc,
    cast(0 as decimal(18, 2)) as exchange_difference_local,
    source_system,
    source_id || '-0-' || {{ netsuite_bare_id('id') }} || '-0' as source_id,
    batch_id,
    batch_row,
    loaded_at
from documents
where (transaction_type = 'CashSale' and sign = 1) or (transaction_type = 'CustInvc' and sign = -1)
