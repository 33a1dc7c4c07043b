-- One row per instalment of an invoice.
{{ canonical('instalment') }}
