-- One row per owner and quota period.
{{ canonical('quota') }}
