-- One row per scenario: `base`, and each that is kept.
with edits as (select * from {{ ref('int_cash_scenario_edits') }})

select distinct scenario
from edits
union
select 'base' as scenario
