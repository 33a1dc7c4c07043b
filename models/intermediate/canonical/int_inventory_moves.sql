-- One row per stock movement.
{{ canonical('inventory_move') }}
