-- One row per user of the CRM who owns records.
{{ canonical('owner') }}
