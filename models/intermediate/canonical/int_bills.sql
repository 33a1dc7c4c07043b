-- One row per vendor bill; debit notes are bills with negative amounts.
-- Totals left out by the ERP are the sum of the lines, local amounts document times rate; null local amounts are held.
with bills as ({{ canonical('bill') }}),

legal_entities as (select * from {{ ref('int_legal_entities') }}),

exchange_rates as (select * from {{ ref('int_exchange_rates_daily') }}),

bill_lines as ({{ canonical('bill_line') }}),

grossed as (
    {{ totalled('bills', 'bill_lines', 'bill_id') }}
),

rated as (
    {{ rated('grossed', 'billed_on') }}
)

select
    bill_id,
    entity_id,
    vendor_id,
    purchase_order_id,
    billed_on,
    due_on,
    discount_due_on,
    cash_discount_ratio,
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
