-- One row per posted customer credit note. Amounts are positive; Odoo signs those in company currency.
with moves as (select * from {{ ref('base_odoo__moves') }})

select
    moves.id as credit_note_id,
    moves.entity_id,
    moves.commercial_partner_id as customer_id,
    moves.reversed_move_id as invoice_id,
    moves.posted_on as credited_on,
    moves.reason,
    moves.currency,
    moves.net_doc,
    moves.tax_doc,
    moves.gross_doc,
    -moves.net_local_signed as net_local,
    -moves.gross_local_signed as gross_local,
    cast(moves.exchange_rate as decimal(18, 10)) as exchange_rate,
    moves.updated_at,
    {{ odoo_lineage('moves') }}
from moves
where moves.kind = 'credit_note'
