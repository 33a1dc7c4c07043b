-- One row per account of the chart.
{{ canonical('gl_account') }}
