-- One row per reconciliation of a posted document with what settles it. Odoo reconciles the lesser of two values in company currency
-- and books the rest as an exchange difference: the value of either side is the two together.
with partials as (select * from {{ source('raw', 'odoo_partial_reconcile') }}),

lines as (select * from {{ ref('base_odoo__lines') }}),

sided as (
    select
        partials.*,
        debits.move_id as debit_move_id,
        debits.kind as debit_kind,
        debits.move_type as debit_type,
        debits.paid_by_id as debit_paid_by_id,
        debits.is_exchange as is_debit_exchange,
        debits.journal_type as debit_journal_type,
        credits.move_id as credit_move_id,
        credits.kind as credit_kind,
        credits.move_type as credit_type,
        credits.paid_by_id as credit_paid_by_id,
        credits.is_exchange as is_credit_exchange,
        credits.journal_type as credit_journal_type
    from partials
    inner join lines as debits on partials.debit_line_id = debits.id
    inner join lines as credits on partials.credit_line_id = credits.id
),

exchange_parts as (
    select
        case when is_debit_exchange then debit_move_id else credit_move_id end as exchange_move_id,
        case when is_debit_exchange then credit_line_id else debit_line_id end as line_id,
        sum(amount_local) as amount_local
    from sided
    where is_debit_exchange or is_credit_exchange
    group by
        case when is_debit_exchange then debit_move_id else credit_move_id end,
        case when is_debit_exchange then credit_line_id else debit_line_id end
),

valued as (
    select
        sided.*,
        sided.amount_local + coalesce(debit_parts.amount_local, 0) as debit_value,
        sided.amount_local + coalesce(credit_parts.amount_local, 0) as credit_value
    from sided
    left join exchange_parts as debit_parts
        on sided.exchange_move_id = debit_parts.exchange_move_id and sided.debit_line_id = debit_parts.line_id
    left join exchange_parts as credit_parts
        on sided.exchange_move_id = credit_parts.exchange_move_id and sided.credit_line_id = credit_parts.line_id
    where not sided.is_debit_exchange and not sided.is_credit_exchange
),

oriented as (
    select
        *,
        debit_move_id as settled_id,
        'invoice' as settled_kind,
        1 as sign,
        credit_move_id as settling_move_id,
        credit_line_id as settling_line_id,
        credit_kind as settling_kind,
        credit_paid_by_id as settling_payment_id,
        credit_journal_type as settling_journal_type,
        debit_doc as applied_doc,
        debit_value as applied_local,
        credit_value - debit_value as exchange_local
    from valued
    where debit_kind = 'invoice'
    union all
    select
        *,
        credit_move_id as settled_id,
        'bill' as settled_kind,
        1 as sign,
        debit_move_id as settling_move_id,
        debit_line_id as settling_line_id,
        case when debit_type = 'in_refund' then 'refund' else debit_kind end as settling_kind,
        debit_paid_by_id as settling_payment_id,
        debit_journal_type as settling_journal_type,
        credit_doc as applied_doc,
        credit_value as applied_local,
        credit_value - debit_value as exchange_local
    from valued
    where credit_type in ('in_invoice', 'in_receipt')
    union all
    -- A vendor pays a refund out: what it pays is taken off the refund, which is a negative bill.
    select
        *,
        debit_move_id as settled_id,
        'bill' as settled_kind,
        -1 as sign,
        credit_move_id as settling_move_id,
        credit_line_id as settling_line_id,
        credit_kind as settling_kind,
        credit_paid_by_id as settling_payment_id,
        credit_journal_type as settling_journal_type,
        debit_doc as applied_doc,
        debit_value as applied_local,
        credit_value - debit_value as exchange_local
    from valued
    where debit_type = 'in_refund' and credit_type not in ('in_invoice', 'in_receipt')
)

select
    oriented.id,
    oriented.settled_kind,
    oriented.settled_id,
    oriented.settling_kind,
    oriented.settling_move_id,
    coalesce(oriented.settling_payment_id, {{ odoo_line_payment_id('oriented.settling_line_id', 'oriented') }}) as settling_id,
    oriented.settling_payment_id is null as is_by_line,
    oriented.settling_journal_type,
    oriented.applied_on,
    oriented.sign,
    oriented.sign * oriented.applied_doc as applied_doc,
    oriented.sign * oriented.applied_local as applied_local,
    oriented.exchange_local,
    {{ odoo_lineage('oriented') }}
from oriented
