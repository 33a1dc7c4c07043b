-- One row per invoice line whose unit price is below the price agreed in the deal for the item, the largest shortfall first.
-- Leaves out lines in another currency than the deal's, items the deal does not name, and credit notes. Where a deal has several
-- prices for one item, nothing says which of them a line bills: it is below the deal where it is below the lowest.
with invoice_lines as (select * from {{ ref('fct_invoice_lines') }}),

order_lines as (select * from {{ ref('int_order_lines') }}),

order_bridge as (select * from {{ ref('fct_order_bridge') }}),

deals as (select * from {{ ref('fct_deals') }}),

deal_lines as (select * from {{ ref('int_deal_lines') }}),

items as (select * from {{ ref('dim_items') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

run_context as (select * from {{ ref('int_run_context') }}),

known_items as (
    select
        source_id,
        min(item_id) as item_id
    from items
    group by source_id
    having count(*) = 1
),

agreed as (
    select
        deal_lines.deal_id,
        known_items.item_id,
        min(deal_lines.net_price_doc) as agreed_price_doc
    from deal_lines
    inner join known_items
        on deal_lines.item_ref = known_items.source_id
    where deal_lines.quantity > 0 and deal_lines.net_price_doc is not null
    group by deal_lines.deal_id, known_items.item_id
),

priced as (
    select
        invoice_lines.*,
        order_bridge.order_id,
        order_bridge.deal_id,
        order_bridge.party_id,
        deals.owner_id,
        deals.region as deal_region,
        agreed.agreed_price_doc,
        {{ money(extended('invoice_lines.quantity', 'agreed.agreed_price_doc') ~ ' - invoice_lines.net_doc') }} as shortfall_doc,
        cast(
            case when invoice_lines.currency = run_context.reporting_currency then 1 else reporting_rates.rate end as decimal(18, 10)
        ) as rate
    from invoice_lines
    inner join order_lines
        on invoice_lines.order_line_id = order_lines.order_line_id
    inner join order_bridge
        on order_lines.order_id = order_bridge.order_id
    inner join deals
        on order_bridge.deal_id = deals.deal_id and invoice_lines.currency = deals.currency
    inner join agreed
        on deals.deal_id = agreed.deal_id and invoice_lines.item_id = agreed.item_id
    cross join run_context
    left join reporting_rates
        on invoice_lines.currency = reporting_rates.currency and invoice_lines.invoiced_on = reporting_rates.rate_on
    where invoice_lines.document_type = 'invoice' and invoice_lines.quantity > 0
),

final as (
    select
        invoice_line_id,
        source_system,
        source_id,
        document_id as invoice_id,
        order_id,
        deal_id,
        customer_id,
        party_id,
        entity_id,
        owner_id,
        coalesce(deal_region, region) as region,
        item_id,
        invoiced_on,
        month_on,
        currency,
        quantity,
        agreed_price_doc,
        cast(net_doc / nullif(quantity, 0) as decimal(18, 6)) as invoiced_price_doc,
        shortfall_doc,
        {{ converted('shortfall_doc', 'rate') }} as shortfall_rpt
    from priced
    -- A price that the invoice rounds to the cent is no shortfall.
    where shortfall_doc >= 0.01 and cast(shortfall_doc as double) > 0.005 * cast(quantity as double)
)

select * from final
