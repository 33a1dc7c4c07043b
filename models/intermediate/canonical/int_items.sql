-- One row per item, service or plan sold or bought.
{{ canonical('item') }}
