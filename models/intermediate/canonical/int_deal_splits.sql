-- One row per deal and owner who has a share of it.
{{ canonical('deal_split') }}
