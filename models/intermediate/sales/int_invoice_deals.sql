-- One row per posted invoice of an order that names a known deal: which deal it bills. The order on its head decides, else the order
-- of its lines where there is one. A merged deal's orders belong to the deal that stands for it now. A number that two systems' deals
-- carry names no deal.
{{ config(materialized='table') }}

with deals as (select * from {{ ref('int_deals') }}),

deal_merges as (select * from {{ ref('int_deal_merges') }}),

orders as (select * from {{ ref('int_orders') }}),

order_lines as (select * from {{ ref('int_order_lines') }}),

invoices as (select * from {{ ref('int_invoices') }}),

invoice_lines as (select * from {{ ref('int_invoice_lines') }}),

known_deals as (
    select
        deals.source_id,
        min(coalesce(deal_merges.standing_deal_id, deals.deal_id)) as deal_id
    from deals
    left join deal_merges
        on deals.deal_id = deal_merges.deal_id
    where deals.merged_into_id is null or deal_merges.standing_deal_id is not null
    group by deals.source_id
    having count(*) = 1
),

line_orders as (
    select
        invoice_lines.invoice_id,
        min(order_lines.order_id) as order_id
    from invoice_lines
    inner join order_lines
        on invoice_lines.order_line_id = order_lines.order_line_id
    group by invoice_lines.invoice_id
    having count(distinct order_lines.order_id) = 1
),

final as (
    select
        invoices.invoice_id,
        orders.order_id,
        known_deals.deal_id
    from invoices
    left join line_orders
        on invoices.invoice_id = line_orders.invoice_id
    inner join orders
        on orders.order_id = coalesce(invoices.order_id, line_orders.order_id)
    inner join known_deals
        on orders.deal_ref = known_deals.source_id
)

select * from final
