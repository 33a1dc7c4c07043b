-- One row per counted item.
{{ canonical('stock_count') }}
