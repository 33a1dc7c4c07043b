-- One row per currency pair, day and rate type.
{{ canonical('fx_rate') }}
