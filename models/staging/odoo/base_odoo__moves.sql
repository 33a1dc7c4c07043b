-- One row per posted journal entry: what counts. Drafts and cancelled entries do not. `kind` is the kind of document that an entry is
-- or belongs to; `sign` is -1 for a refund of a vendor, which is a negative bill.
with moves as (select * from {{ source('raw', 'odoo_move') }}),

companies as (select * from {{ source('raw', 'odoo_company') }}),

currencies as (select * from {{ source('raw', 'odoo_currency') }}),

journals as (select * from {{ source('raw', 'odoo_journal') }}),

payments as (select * from {{ source('raw', 'odoo_payment') }}),

partials as (select * from {{ source('raw', 'odoo_partial_reconcile') }}),

move_lines as (select * from {{ source('raw', 'odoo_move_line') }}),

payments_of_moves as (
    select
        move_id,
        min(id) as payment_id,
        min(partner_type) as partner_type
    from payments
    where move_id is not null
    group by move_id
),

-- An entry for an exchange difference belongs to the payment that caused it.
exchange_moves as (
    select
        partials.exchange_move_id as move_id,
        min(payments_of_moves.payment_id) as payment_id,
        min(payments_of_moves.partner_type) as partner_type
    from partials
    inner join move_lines on partials.debit_line_id = move_lines.id or partials.credit_line_id = move_lines.id
    left join payments_of_moves on move_lines.move_id = payments_of_moves.move_id
    where partials.exchange_move_id is not null
    group by partials.exchange_move_id
),

owned as (
    select
        moves.*,
        companies.entity_id,
        companies.currency_id as company_currency_id,
        currencies.code as currency,
        journals.journal_type,
        exchange_moves.move_id is not null as is_exchange,
        coalesce(payments_of_moves.payment_id, exchange_moves.payment_id) as paid_by_id,
        coalesce(payments_of_moves.partner_type, exchange_moves.partner_type) as paid_by_type
    from moves
    inner join companies on moves.company_id = companies.id
    left join currencies on moves.currency_id = currencies.id
    left join journals on moves.journal_id = journals.id
    left join payments_of_moves on moves.id = payments_of_moves.move_id
    left join exchange_moves on moves.id = exchange_moves.move_id
    where moves.state = 'posted'
)

select
    *,
    case
        when move_type in ('out_invoice', 'out_receipt') then 'invoice'
        when move_type = 'out_refund' then 'credit_note'
        when move_type in ('in_invoice', 'in_refund', 'in_receipt') then 'bill'
        when paid_by_type = 'supplier' then 'bill_payment'
        when paid_by_type = 'customer' then 'payment'
        when posting_kind is not null then posting_kind
        when journal_type in ('bank', 'cash', 'credit') then 'bank'
        else 'manual'
    end as kind,
    case when move_type = 'in_refund' then -1 else 1 end as sign,
    round(1 / nullif(cast(currency_rate as double), 0), 10) as exchange_rate
from owned
