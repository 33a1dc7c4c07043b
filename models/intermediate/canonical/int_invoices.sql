-- One row per sales invoice. Totals left out by the ERP are the sum of the lines, local amounts document times rate.
-- A row whose local amounts stay null lacks a rate: it is held (fct_held_rows).
with invoices as ({{ canonical('invoice') }}),

legal_entities as (select * from {{ ref('int_legal_entities') }}),

exchange_rates as (select * from {{ ref('int_exchange_rates_daily') }}),

invoice_lines as ({{ canonical('invoice_line') }}),

grossed as (
    {{ totalled(
        'invoices', 'invoice_lines', 'invoice_id',
        net="coalesce(net_doc, " ~ line_net("quantity", "unit_price_doc", "discount_ratio") ~ ")"
    ) }}
),

rated as (
    {{ rated('grossed', 'invoiced_on') }}
)

select
    invoice_id,
    entity_id,
    customer_id,
    order_id,
    channel,
    invoiced_on,
    due_on,
    discount_due_on,
    cash_discount_ratio,
    disputed_on,
    dispute_ended_on,
    currency,
    total_net_doc as net_doc,
    total_tax_doc as tax_doc,
    total_gross_doc as gross_doc,
    coalesce(net_local, {{ converted('total_net_doc', 'rate_to_local') }}) as net_local,
    coalesce(gross_local, {{ converted('total_gross_doc', 'rate_to_local') }}) as gross_local,
    freight_doc,
    exchange_rate,
    updated_at,
    source_system,
    source_id,
    batch_id,
    batch_row,
    loaded_at,
    rate_to_local
from rated
