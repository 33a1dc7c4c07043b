-- One row per tax payment due.
{{ canonical('tax_schedule') }}
