-- One row per metric, dimension value and period with a target.
{{ canonical('target') }}
