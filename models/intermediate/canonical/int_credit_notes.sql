-- One row per sales credit note. Amounts are positive; marts turn the sign.
-- Totals left out by the ERP are the sum of the lines, local amounts document times rate; null local amounts are held.
with credit_notes as ({{ canonical('credit_note') }}),

legal_entities as (select * from {{ ref('int_legal_entities') }}),

exchange_rates as (select * from {{ ref('int_exchange_rates_daily') }}),

line_totals as (
    select
        credit_note_lines.credit_note_id,
        sum(credit_note_lines.net_doc) as net_doc,
        sum(credit_note_lines.tax_doc) as tax_doc
    from ({{ canonical('credit_note_line') }}) as credit_note_lines
    where
        credit_note_lines.credit_note_id in (
            select credit_notes.credit_note_id
            from credit_notes
            where credit_notes.net_doc is null or (credit_notes.gross_doc is null and credit_notes.tax_doc is null)
        )
    group by credit_note_lines.credit_note_id
),

totalled as (
    select
        credit_notes.*,
        coalesce(credit_notes.net_doc, {{ money('line_totals.net_doc') }}) as total_net_doc,
        coalesce(credit_notes.tax_doc, {{ money('line_totals.tax_doc') }}) as total_tax_doc,
        coalesce(
            credit_notes.exchange_rate,
            case when credit_notes.currency = legal_entities.currency then cast(1 as decimal(18, 10)) end,
            exchange_rates.rate
        ) as rate_to_local
    from credit_notes
    left join line_totals on credit_notes.credit_note_id = line_totals.credit_note_id
    left join legal_entities on credit_notes.entity_id = legal_entities.entity_id
    left join exchange_rates
        on
            credit_notes.currency = exchange_rates.from_currency
            and legal_entities.currency = exchange_rates.to_currency
            and credit_notes.credited_on = exchange_rates.rate_on
),

grossed as (
    select
        *,
        coalesce(gross_doc, {{ money('total_net_doc + coalesce(total_tax_doc, 0)') }}) as total_gross_doc
    from totalled
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
from grossed
