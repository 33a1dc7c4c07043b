-- One row per customer account in the ERP.
{{ canonical('customer') }}
