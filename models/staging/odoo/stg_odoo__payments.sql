-- One row per customer payment whose entry is posted; what is paid back to a customer is negative. A payment without an entry waits for
-- the bank's line.
with payments as (select * from {{ source('raw', 'odoo_payment') }}),

moves as (select * from {{ ref('base_odoo__moves') }}),

lines as (select * from {{ ref('base_odoo__lines') }}),

currencies as (select * from {{ source('raw', 'odoo_currency') }}),

partners as (select * from {{ source('raw', 'odoo_partner') }})

select
    payments.id as payment_id,
    moves.entity_id,
    coalesce(partners.commercial_partner_id, payments.partner_id) as customer_id,
    payments.paid_on,
    currencies.code as currency,
    {{ money("case when payments.payment_type = 'inbound' then payments.amount_doc else -payments.amount_doc end") }} as amount_doc,
    {{ money("payments.amount_local_signed") }} as amount_local,
    cast(null as decimal(18, 10)) as exchange_rate,
    payments.journal_id as bank_account_id,
    {{ odoo_lineage('payments') }}
from payments
inner join moves on payments.move_id = moves.id
left join currencies on payments.currency_id = currencies.id
left join partners on payments.partner_id = partners.id
where payments.partner_type = 'customer'
union all
-- A bank line that settles a document by itself is a payment too.
select
    {{ odoo_line_payment_id('lines.id', 'lines') }} as payment_id,
    lines.entity_id,
    lines.partner_id as customer_id,
    lines.posted_on as paid_on,
    lines.currency,
    {{ money("-lines.amount_doc") }} as amount_doc,
    {{ money("-lines.balance_local") }} as amount_local,
    cast(null as decimal(18, 10)) as exchange_rate,
    moves.journal_id as bank_account_id,
    {{ odoo_lineage('lines') }}
from lines
inner join moves on lines.move_id = moves.id
where
    lines.account_kind = 'asset_receivable'
    and lines.partner_id is not null
    and moves.move_type = 'entry'
    and moves.journal_type in ('bank', 'cash', 'credit')
    and moves.paid_by_id is null
    and not moves.is_exchange
