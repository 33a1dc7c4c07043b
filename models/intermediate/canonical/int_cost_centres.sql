-- One row per cost centre.
{{ canonical('cost_centre') }}
