-- One row per budget version, entity, account, cost centre and month.
{{ canonical('budget_line') }}
