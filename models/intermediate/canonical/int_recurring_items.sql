-- One row per recurring receipt or payment known in advance.
{{ canonical('recurring_item') }}
