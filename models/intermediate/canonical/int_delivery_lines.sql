-- One row per delivered line.
{{ canonical('delivery_line') }}
