-- One row per recurring contract line.
{{ canonical('subscription_line') }}
