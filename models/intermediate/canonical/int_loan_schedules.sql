-- One row per loan and due date.
{{ canonical('loan_schedule') }}
