-- One row per lead.
{{ canonical('lead') }}
