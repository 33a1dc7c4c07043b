-- One row per department.
{{ canonical('department') }}
