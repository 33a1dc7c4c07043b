-- One row per reconciliation of an invoice with a payment or credit note.
with applications as (select * from {{ ref('base_odoo__applications') }}),

discounts as (select * from {{ ref('base_odoo__discounts') }})

select
    applications.id as payment_application_id,
    case when applications.settling_kind <> 'credit_note' then applications.settling_id end as payment_id,
    case when applications.settling_kind = 'credit_note' then applications.settling_move_id end as credit_note_id,
    applications.settled_id as invoice_id,
    applications.applied_on,
    {{ money('applications.applied_doc - coalesce(discounts.discount_doc, 0)') }} as amount_doc,
    {{ money('applications.applied_local') }} as amount_local,
    {{ money('coalesce(discounts.discount_doc, 0)') }} as discount_doc,
    {{ money('applications.exchange_local') }} as exchange_difference_local,
    {{ odoo_lineage('applications') }}
from applications
left join discounts on applications.id = discounts.id
where
    applications.settled_kind = 'invoice'
    and (
        applications.settling_kind = 'credit_note'
        or not applications.is_by_line
        or applications.settling_journal_type in ('bank', 'cash', 'credit')
    )
