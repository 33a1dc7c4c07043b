-- One row per product line of a deal.
{{ canonical('deal_line') }}
