-- One row per line of a credit note, with what its credit note says about it. Amounts are positive.
-- Local amounts left out by the ERP are document times the credit note's rate.
with credit_note_lines as ({{ canonical('credit_note_line') }}),

credit_notes as (select * from {{ ref('int_credit_notes') }}),

lines_of_credit_notes as (
    select
        credit_note_lines.*,
        credit_notes.entity_id,
        credit_notes.customer_id,
        credit_notes.invoice_id,
        credit_notes.credited_on,
        credit_notes.currency,
        credit_notes.rate_to_local
    from credit_note_lines
    left join credit_notes on credit_note_lines.credit_note_id = credit_notes.credit_note_id
)

select
    credit_note_line_id,
    credit_note_id,
    invoice_line_id,
    item_id,
    quantity,
    net_doc,
    coalesce(net_local, {{ converted('net_doc', 'rate_to_local') }}) as net_local,
    tax_doc,
    cost_local,
    account_code,
    department_code,
    cost_centre_code,
    project_id,
    line_type,
    source_system,
    source_id,
    batch_id,
    batch_row,
    loaded_at,
    entity_id,
    customer_id,
    invoice_id,
    credited_on,
    currency,
    rate_to_local
from lines_of_credit_notes
