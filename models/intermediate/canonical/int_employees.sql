-- One row per employee.
{{ canonical('employee') }}
