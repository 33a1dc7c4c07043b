-- One row per deal (opportunity).
{{ canonical('deal') }}
