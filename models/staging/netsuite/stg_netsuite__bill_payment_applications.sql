-- One row per application of a vendor payment to a bill. A vendor credit is a negative bill: what it takes off a bill is paid by a
-- payment of nothing, which takes the same off the credit.
with applications as (select * from {{ ref('base_netsuite__applications') }})

select
    application_id as bill_payment_application_id,
    settling_id as bill_payment_id,
    settled_id as bill_id,
    applied_on,
    amount_doc,
    amount_local,
    discount_doc,
    exchange_difference_local,
    {{ lineage() }}
from applications
where settling_type in ('VendPymt', 'VendCred')
union all
select
    application_id || '-credit' as bill_payment_application_id,
    settling_id as bill_payment_id,
    settling_id as bill_id,
    applied_on,
    -amount_doc as amount_doc,
    cast(null as decimal(18, 2)) as amount_local,
    discount_doc,
    cast(0 as decimal(18, 2)) as exchange_difference_local,
    source_system,
    source_id || '-credit' as source_id,
    batch_id,
    batch_row,
    loaded_at
from applications
where settling_type = 'VendCred'
