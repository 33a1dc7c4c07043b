-- One row per sales invoice. Totals left out by the ERP are the sum of the lines, local amounts document times rate.
-- A row whose local amounts stay null lacks a rate: it is held (fct_held_rows).
with invoices as ({{ canonical('invoice') }}),

legal_entities as (select * from {{ ref('int_legal_entities') }}),

exchange_rates as (select * from {{ ref('int_exchange_rates_daily') }}),

-- Only of invoices that need it: every reader of this view would pay for a sum over all lines.
line_totals as (
    select
        invoice_lines.invoice_id,
        sum(coalesce(
            invoice_lines.net_doc,
            {{ line_net('invoice_lines.quantity', 'invoice_lines.unit_price_doc', 'invoice_lines.discount_ratio') }}
        )) as net_doc,
        sum(invoice_lines.tax_doc) as tax_doc
    from ({{ canonical('invoice_line') }}) as invoice_lines
    where
        invoice_lines.invoice_id in (
            select invoices.invoice_id
            from invoices
            where invoices.net_doc is null or (invoices.gross_doc is null and invoices.tax_doc is null)
        )
    group by invoice_lines.invoice_id
),

totalled as (
    select
        invoices.*,
        coalesce(invoices.net_doc, {{ money('line_totals.net_doc') }}) as total_net_doc,
        coalesce(invoices.tax_doc, {{ money('line_totals.tax_doc') }}) as total_tax_doc,
        coalesce(
            invoices.exchange_rate,
            case when invoices.currency = legal_entities.currency then cast(1 as decimal(18, 10)) end,
            exchange_rates.rate
        ) as rate_to_local
    from invoices
    left join line_totals on invoices.invoice_id = line_totals.invoice_id
    left join legal_entities on invoices.entity_id = legal_entities.entity_id
    left join exchange_rates
        on
            invoices.currency = exchange_rates.from_currency
            and legal_entities.currency = exchange_rates.to_currency
            and invoices.invoiced_on = exchange_rates.rate_on
),

grossed as (
    select
        *,
        coalesce(gross_doc, {{ money('total_net_doc + coalesce(total_tax_doc, 0)') }}) as total_gross_doc
    from totalled
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
from grossed
