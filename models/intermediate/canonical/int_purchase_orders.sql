-- One row per purchase order.
{{ canonical('purchase_order') }}
