-- One row per posted vendor bill, purchase receipt and refund of a vendor; refunds are negative bills. Odoo signs amounts in company
-- currency the other way round: what we owe is negative.
with moves as (select * from {{ ref('base_odoo__moves') }}),

due as (select * from {{ ref('base_odoo__due') }}),

lines as (select * from {{ ref('base_odoo__lines') }}),

order_lines as (select * from {{ source('raw', 'odoo_purchase_order_line') }}),

orders as (select * from {{ source('raw', 'odoo_purchase_order') }}),

ordered as (
    select
        lines.move_id,
        min(order_lines.order_id) as purchase_order_id
    from lines
    inner join order_lines on lines.purchase_line_id = order_lines.id
    group by lines.move_id
)

select
    moves.id as bill_id,
    moves.entity_id,
    moves.commercial_partner_id as vendor_id,
    coalesce(ordered.purchase_order_id, named.id) as purchase_order_id,
    moves.posted_on as billed_on,
    moves.due_on,
    due.discount_due_on,
    due.cash_discount_ratio,
    moves.currency,
    {{ money('moves.sign * moves.net_doc') }} as net_doc,
    {{ money('moves.sign * moves.tax_doc') }} as tax_doc,
    {{ money('moves.sign * moves.gross_doc') }} as gross_doc,
    -moves.net_local_signed as net_local,
    -moves.gross_local_signed as gross_local,
    cast(moves.exchange_rate as decimal(18, 10)) as exchange_rate,
    moves.updated_at,
    {{ odoo_lineage('moves') }}
from moves
left join due on moves.id = due.id
left join ordered on moves.id = ordered.move_id
left join orders as named on moves.origin = named.number and moves.company_id = named.company_id
where moves.kind = 'bill'
