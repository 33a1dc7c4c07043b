-- One row per quote version.
{{ canonical('quote') }}
