-- One row per line of a purchase order.
{{ canonical('purchase_order_line') }}
