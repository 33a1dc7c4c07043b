-- One row per month end, buying entity, selling entity and item in stock that was bought within the group: what the seller's
-- margin adds to its value, which the group has not earned yet. What is in stock came in last (first in, first out, by
-- receipt); the seller's margin is that of its invoices to the buyer for the item up to the month's end, known costs only.
with inventory as (select * from {{ ref('fct_inventory_monthly') }}),

receipts as (select * from {{ ref('fct_receipts') }}),

vendors as (select * from {{ ref('int_vendors') }}),

invoice_lines as (select * from {{ ref('fct_invoice_lines') }}),

customers as (select * from {{ ref('int_customers') }}),

-- Items that an entity ever bought within the group.
group_items as (
    select distinct
        entity_id,
        item_id
    from receipts
    where is_intercompany
),

stock as (
    select
        inventory.month_on,
        inventory.entity_id,
        inventory.item_id,
        sum(inventory.closing_quantity) as quantity
    from inventory
    inner join group_items
        on
            inventory.entity_id = group_items.entity_id
            and inventory.item_id = group_items.item_id
    group by inventory.month_on, inventory.entity_id, inventory.item_id
),

received as (
    select
        receipts.receipt_id,
        receipts.entity_id,
        receipts.item_id,
        receipts.month_on,
        vendors.intercompany_entity_id as seller_entity_id,
        receipts.quantity,
        receipts.received_rpt,
        sum(receipts.quantity) over (
            partition by receipts.entity_id, receipts.item_id
            order by receipts.received_on, receipts.receipt_id
            rows between unbounded preceding and current row
        ) as until_quantity
    from receipts
    inner join group_items
        on
            receipts.entity_id = group_items.entity_id
            and receipts.item_id = group_items.item_id
    left join vendors on receipts.vendor_id = vendors.vendor_id
    where receipts.quantity > 0
),

received_months as (
    select
        entity_id,
        item_id,
        month_on,
        max(until_quantity) as until_quantity
    from received
    group by entity_id, item_id, month_on
),

-- Of all units ever received, those in stock are the last ones.
in_stock as (
    select
        stock.month_on,
        stock.entity_id,
        stock.item_id,
        stock.quantity,
        max(received_months.until_quantity) as until_quantity
    from stock
    inner join received_months
        on
            stock.entity_id = received_months.entity_id
            and stock.item_id = received_months.item_id
            and stock.month_on >= received_months.month_on
    where stock.quantity > 0
    group by stock.month_on, stock.entity_id, stock.item_id, stock.quantity
),

layers as (
    select
        in_stock.month_on,
        in_stock.entity_id,
        received.seller_entity_id,
        in_stock.item_id,
        least(received.until_quantity, in_stock.until_quantity)
        - greatest(received.until_quantity - received.quantity, in_stock.until_quantity - in_stock.quantity) as quantity,
        {{ ratio('received.received_rpt', 'received.quantity') }} as unit_price_rpt
    from in_stock
    inner join received
        on
            in_stock.entity_id = received.entity_id
            and in_stock.item_id = received.item_id
            and in_stock.until_quantity - in_stock.quantity < received.until_quantity
            and in_stock.until_quantity >= received.until_quantity
    where received.seller_entity_id is not null
),

bought as (
    select
        month_on,
        entity_id,
        seller_entity_id,
        item_id,
        cast(sum(quantity) as decimal(18, 6)) as quantity,
        {{ money('sum(quantity * unit_price_rpt)') }} as value_rpt
    from layers
    group by month_on, entity_id, seller_entity_id, item_id
),

sold as (
    select
        customers.intercompany_entity_id as entity_id,
        invoice_lines.entity_id as seller_entity_id,
        invoice_lines.item_id,
        invoice_lines.month_on,
        sum(invoice_lines.net_rpt) as net_rpt,
        sum(invoice_lines.cost_rpt) as cost_rpt
    from invoice_lines
    inner join customers on invoice_lines.customer_id = customers.customer_id
    where
        invoice_lines.is_intercompany
        and invoice_lines.is_cost_known
        and customers.intercompany_entity_id is not null
    group by
        customers.intercompany_entity_id, invoice_lines.entity_id, invoice_lines.item_id, invoice_lines.month_on
),

margins as (
    select
        bought.month_on,
        bought.entity_id,
        bought.seller_entity_id,
        bought.item_id,
        {{ ratio('sum(sold.net_rpt - sold.cost_rpt)', 'sum(sold.net_rpt)') }} as seller_margin_ratio
    from bought
    inner join sold
        on
            bought.entity_id = sold.entity_id
            and bought.seller_entity_id = sold.seller_entity_id
            and bought.item_id = sold.item_id
            and bought.month_on >= sold.month_on
    group by bought.month_on, bought.entity_id, bought.seller_entity_id, bought.item_id
)

select
    bought.month_on,
    bought.entity_id,
    bought.seller_entity_id,
    bought.item_id,
    bought.quantity,
    bought.value_rpt,
    margins.seller_margin_ratio,
    {{ money('bought.value_rpt * margins.seller_margin_ratio') }} as unrealised_profit_rpt
from bought
left join margins
    on
        bought.month_on = margins.month_on
        and bought.entity_id = margins.entity_id
        and bought.seller_entity_id = margins.seller_entity_id
        and bought.item_id = margins.item_id
