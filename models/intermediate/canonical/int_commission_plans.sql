-- One row per owner, first day of a commission plan and tier of it.
{{ canonical('commission_plan') }}
