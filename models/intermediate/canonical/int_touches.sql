-- One row per contact of marketing with somebody.
{{ canonical('touch') }}
