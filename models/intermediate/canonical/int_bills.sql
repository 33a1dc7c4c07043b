-- One row per vendor bill; debit notes are bills with negative amounts.
-- Totals left out by the ERP are the sum of the lines, local amounts document times rate; null local amounts are held.
with bills as ({{ canonical('bill') }}),

legal_entities as (select * from {{ ref('int_legal_entities') }}),

exchange_rates as (select * from {{ ref('int_exchange_rates_daily') }}),

line_totals as (
    select
        bill_lines.bill_id,
        sum(bill_lines.net_doc) as net_doc,
        sum(bill_lines.tax_doc) as tax_doc
    from ({{ canonical('bill_line') }}) as bill_lines
    where
        bill_lines.bill_id in (
            select bills.bill_id
            from bills
            where bills.net_doc is null or (bills.gross_doc is null and bills.tax_doc is null)
        )
    group by bill_lines.bill_id
),

totalled as (
    select
        bills.*,
        coalesce(bills.net_doc, {{ money('line_totals.net_doc') }}) as total_net_doc,
        coalesce(bills.tax_doc, {{ money('line_totals.tax_doc') }}) as total_tax_doc,
        coalesce(
            bills.exchange_rate,
            case when bills.currency = legal_entities.currency then cast(1 as decimal(18, 10)) end,
            exchange_rates.rate
        ) as rate_to_local
    from bills
    left join line_totals on bills.bill_id = line_totals.bill_id
    left join legal_entities on bills.entity_id = legal_entities.entity_id
    left join exchange_rates
        on
            bills.currency = exchange_rates.from_currency
            and legal_entities.currency = exchange_rates.to_currency
            and bills.billed_on = exchange_rates.rate_on
),

grossed as (
    select
        *,
        coalesce(gross_doc, {{ money('total_net_doc + coalesce(total_tax_doc, 0)') }}) as total_gross_doc
    from totalled
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
from grossed
