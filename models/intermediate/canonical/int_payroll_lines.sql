-- One row per employee and pay period.
{{ canonical('payroll_line') }}
