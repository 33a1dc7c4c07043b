-- One row per posted customer invoice and sales receipt.
with moves as (select * from {{ ref('base_odoo__moves') }}),

due as (select * from {{ ref('base_odoo__due') }}),

lines as (select * from {{ ref('base_odoo__lines') }}),

links as (select * from {{ ref('base_odoo__order_links') }}),

orders as (select * from {{ source('raw', 'odoo_sale_order') }}),

ordered as (
    select
        lines.move_id,
        min(links.order_id) as order_id,
        sum(case when links.is_freight or lines.line_type = 'freight' then lines.net_doc else 0 end) as freight_doc
    from lines
    left join links on lines.id = links.id
    where lines.line_kind in ('product', 'rounding')
    group by lines.move_id
)

select
    moves.id as invoice_id,
    moves.entity_id,
    moves.commercial_partner_id as customer_id,
    coalesce(ordered.order_id, named.id) as order_id,
    moves.channel,
    moves.posted_on as invoiced_on,
    moves.due_on,
    due.discount_due_on,
    due.cash_discount_ratio,
    cast(null as date) as disputed_on,
    cast(null as date) as dispute_ended_on,
    moves.currency,
    moves.net_doc,
    moves.tax_doc,
    moves.gross_doc,
    moves.net_local_signed as net_local,
    moves.gross_local_signed as gross_local,
    {{ money('coalesce(ordered.freight_doc, 0)') }} as freight_doc,
    cast(moves.exchange_rate as decimal(18, 10)) as exchange_rate,
    moves.updated_at,
    {{ odoo_lineage('moves') }}
from moves
left join due on moves.id = due.id
left join ordered on moves.id = ordered.move_id
left join orders as named on moves.origin = named.number and moves.company_id = named.company_id
where moves.kind = 'invoice'
