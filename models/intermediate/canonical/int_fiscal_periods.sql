-- One row per entity and fiscal period, with its lock.
{{ canonical('fiscal_period') }}
