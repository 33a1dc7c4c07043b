-- One row per reconciliation of a bill with a payment, and two per one with a refund: what the bill is settled by, and what of the refund,
-- a negative bill, is used up.
with applications as (select * from {{ ref('base_odoo__applications') }}),

discounts as (select * from {{ ref('base_odoo__discounts') }})

select
    applications.id as bill_payment_application_id,
    case
        when applications.settling_kind = 'refund' then {{ odoo_refund_payment_id('applications.settling_move_id', 'applications') }}
        else applications.settling_id
    end as bill_payment_id,
    applications.settled_id as bill_id,
    applications.applied_on,
    {{ money('applications.applied_doc - coalesce(discounts.discount_doc, 0)') }} as amount_doc,
    {{ money('applications.applied_local') }} as amount_local,
    {{ money('coalesce(discounts.discount_doc, 0)') }} as discount_doc,
    {{ money('applications.exchange_local') }} as exchange_difference_local,
    {{ odoo_lineage('applications') }}
from applications
left join discounts on applications.id = discounts.id
where
    applications.settled_kind = 'bill'
    and (
        applications.settling_kind = 'refund'
        or not applications.is_by_line
        or applications.settling_journal_type in ('bank', 'cash', 'credit')
    )
union all
select
    applications.id || '-refund' as bill_payment_application_id,
    {{ odoo_refund_payment_id('applications.settling_move_id', 'applications') }} as bill_payment_id,
    applications.settling_move_id as bill_id,
    applications.applied_on,
    {{ money('-applications.applied_doc') }} as amount_doc,
    {{ money('-applications.applied_local') }} as amount_local,
    cast(0 as decimal(18, 2)) as discount_doc,
    cast(0 as decimal(18, 2)) as exchange_difference_local,
    applications.source_system,
    applications.source_id || '-refund' as source_id,
    applications.batch_id,
    applications.batch_row,
    applications.loaded_at
from applications
where applications.settled_kind = 'bill' and applications.settling_kind = 'refund'
