-- One row per sales credit note. Amounts are positive; marts turn the sign.
-- Totals left out by the ERP are the sum of the lines, local amounts document times rate; null local amounts are held.
with credit_notes as ({{ canonical('credit_note') }}),

legal_entities as (select * from {{ ref('int_legal_entities') }}),

exchange_rates as (select * from {{ ref('int_exchange_rates_daily') }}),

credit_note_lines as ({{ canonical('credit_note_line') }}),

grossed as (
    {{ totalled('credit_notes', 'credit_note_lines', 'credit_note_id') }}
),

rated as (
    {{ rated('grossed', 'credited_on') }}
)

select
    credit_note_id,
    entity_id,
    customer_id,
    invoice_id,
    credited_on,
    reason,
    currency,
    total_net_doc as net_doc,
    total_tax_doc as tax_doc,
    total_gross_doc as gross_doc,
    coalesce(net_local, {{ converted('total_net_doc', 'rate_to_local') }}) as net_local,
    coalesce(gross_local, {{ converted('total_gross_doc', 'rate_to_local') }}) as gross_local,
    exchange_rate,
    updated_at,
    source_system,
    source_id,
    batch_id,
    batch_row,
    loaded_at,
    rate_to_local
from rated
