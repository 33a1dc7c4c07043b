-- One row per edit of each scenario kept with `plumbline scenario add`, edits of the scenarios that it stacks first.
select *
from {{ source('raw', 'cash_scenario') }}
