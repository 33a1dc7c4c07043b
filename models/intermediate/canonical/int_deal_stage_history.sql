-- One row per recorded change of a deal's stage, amount or close date.
{{ canonical('deal_stage_history') }}
