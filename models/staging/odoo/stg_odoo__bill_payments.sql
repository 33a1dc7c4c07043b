-- One row per payment to a vendor whose entry is posted, and per refund of a vendor that was applied to a bill: a payment of nothing, which
-- takes off the bill what it takes off the refund.
with {{ odoo_payments('supplier') }},

applications as (select * from {{ ref('base_odoo__applications') }})

select
    payment_id as bill_payment_id,
    entity_id,
    partner_id as vendor_id,
    paid_on,
    currency,
    {{ money('amount_doc') }} as amount_doc,
    {{ money('amount_local') }} as amount_local,
    cast(null as decimal(18, 10)) as exchange_rate,
    bank_account_id,
    {{ odoo_lineage('every_payment') }}
from every_payment
union all
select
    {{ odoo_refund_payment_id('moves.id', 'moves') }} as bill_payment_id,
    moves.entity_id,
    moves.commercial_partner_id as vendor_id,
    moves.posted_on as paid_on,
    moves.currency,
    cast(0 as decimal(18, 2)) as amount_doc,
    cast(0 as decimal(18, 2)) as amount_local,
    cast(null as decimal(18, 10)) as exchange_rate,
    cast(null as varchar) as bank_account_id,
    moves.source_system,
    'refund-' || moves.source_id as source_id,
    moves.batch_id,
    moves.batch_row,
    moves.loaded_at
from moves
where moves.id in (select applications.settling_move_id from applications where applications.settling_kind = 'refund')
