-- One row per line of a posted bill. Lines of refunds are negative.
with lines as (select * from {{ ref('base_odoo__lines') }})

select
    lines.id as bill_line_id,
    lines.move_id as bill_id,
    lines.product_id as item_id,
    lines.sign * lines.quantity as quantity,
    {{ money('lines.sign * lines.net_doc') }} as net_doc,
    lines.balance_local as net_local,
    {{ money('lines.sign * (lines.gross_doc - lines.net_doc)') }} as tax_doc,
    lines.account_code,
    lines.department_code,
    lines.cost_centre_code,
    lines.project_id,
    {{ odoo_lineage('lines') }}
from lines
where lines.kind = 'bill' and lines.line_kind in ('product', 'rounding')
