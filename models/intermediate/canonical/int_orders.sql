-- One row per sales order.
{{ canonical('order') }}
