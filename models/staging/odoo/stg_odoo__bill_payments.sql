-- One row per payment to a vendor whose entry is posted, and per refund of a vendor that was applied to a bill: a payment of nothing, which
-- takes off the bill what it takes off the refund.
with payments as (select * from {{ source('raw', 'odoo_payment') }}),

moves as (select * from {{ ref('base_odoo__moves') }}),

lines as (select * from {{ ref('base_odoo__lines') }}),

currencies as (select * from {{ source('raw', 'odoo_currency') }}),

partners as (select * from {{ source('raw', 'odoo_partner') }}),

applications as (select * from {{ ref('base_odoo__applications') }})

select
    payments.id as bill_payment_id,
    moves.entity_id,
    coalesce(partners.commercial_partner_id, payments.partner_id) as vendor_id,
    payments.paid_on,
    currencies.code as currency,
    {{ money("case when payments.payment_type = 'outbound' then payments.amount_doc else -payments.amount_doc end") }} as amount_doc,
    {{ money("-payments.amount_local_signed") }} as amount_local,
    cast(null as decimal(18, 10)) as exchange_rate,
    payments.journal_id as bank_account_id,
    {{ odoo_lineage('payments') }}
from payments
inner join moves on payments.move_id = moves.id
left join currencies on payments.currency_id = currencies.id
left join partners on payments.partner_id = partners.id
where payments.partner_type = 'supplier'
union all
-- A bank line that settles a document by itself is a payment too.
select
    {{ odoo_line_payment_id('lines.id', 'lines') }} as bill_payment_id,
    lines.entity_id,
    lines.partner_id as vendor_id,
    lines.posted_on as paid_on,
    lines.currency,
    {{ money("lines.amount_doc") }} as amount_doc,
    {{ money("lines.balance_local") }} as amount_local,
    cast(null as decimal(18, 10)) as exchange_rate,
    moves.journal_id as bank_account_id,
    {{ odoo_lineage('lines') }}
from lines
inner join moves on lines.move_id = moves.id
where
    lines.account_kind = 'liability_payable'
    and lines.partner_id is not null
    and moves.move_type = 'entry'
    and moves.journal_type in ('bank', 'cash', 'credit')
    and moves.paid_by_id is null
    and not moves.is_exchange
union all
select
    moves.id as bill_payment_id,
    moves.entity_id,
    moves.commercial_partner_id as vendor_id,
    moves.posted_on as paid_on,
    moves.currency,
    cast(0 as decimal(18, 2)) as amount_doc,
    cast(0 as decimal(18, 2)) as amount_local,
    cast(null as decimal(18, 10)) as exchange_rate,
    cast(null as varchar) as bank_account_id,
    {{ odoo_lineage('moves') }}
from moves
where moves.id in (select applications.settling_move_id from applications where applications.settling_kind = 'refund')
