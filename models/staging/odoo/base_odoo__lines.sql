-- One row per line of a posted journal entry that carries an amount. Leaves out sections and notes.
with lines as (select * from {{ source('raw', 'odoo_move_line') }}),

moves as (select * from {{ ref('base_odoo__moves') }}),

accounts as (select * from {{ source('raw', 'odoo_account') }}),

currencies as (select * from {{ source('raw', 'odoo_currency') }}),

partners as (select * from {{ source('raw', 'odoo_partner') }})

select
    lines.id,
    lines.move_id,
    moves.entity_id,
    moves.kind,
    moves.move_type,
    moves.is_exchange,
    moves.paid_by_id,
    moves.posted_on,
    moves.sign,
    moves.journal_type,
    lines.line_kind,
    {{ odoo_account_code('accounts') }} as account_code,
    accounts.account_kind,
    coalesce(partners.commercial_partner_id, lines.partner_id) as partner_id,
    coalesce(partners.customer_rank, 0) as customer_rank,
    coalesce(partners.supplier_rank, 0) as supplier_rank,
    lines.product_id,
    lines.label,
    lines.debit_local,
    lines.credit_local,
    lines.balance_local,
    lines.amount_doc,
    currencies.code as currency,
    lines.currency_id,
    lines.quantity,
    lines.unit_price_doc,
    lines.discount_percent,
    lines.net_doc,
    lines.gross_doc,
    lines.order_line_ids,
    lines.purchase_line_id,
    lines.list_price_doc,
    lines.cost_local,
    lines.department_code,
    lines.cost_centre_code,
    lines.project_id,
    lines.invoice_line_id,
    lines.line_type,
    lines.intercompany_entity_id,
    lines.updated_at,
    {{ odoo_lineage('lines') }}
from lines
inner join moves on lines.move_id = moves.id
left join accounts on lines.account_id = accounts.id
left join currencies on lines.currency_id = currencies.id
left join partners on lines.partner_id = partners.id
where lines.line_kind is null or lines.line_kind not in ('line_section', 'line_subsection', 'line_note')
