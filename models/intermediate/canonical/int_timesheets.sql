-- One row per employee, project and day worked.
{{ canonical('timesheet') }}
