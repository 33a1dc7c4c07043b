-- A returned row is an entity's period end whose assets are not its liabilities and equity in the reporting currency once
-- the translation difference is shown as its own line.
select
    entity_id,
    period_on,
    sum(case when class in ('liability', 'equity') then -balance_rpt else balance_rpt end) as difference_rpt
from {{ ref('balance_sheet') }}
group by entity_id, period_on
having sum(case when class in ('liability', 'equity') then -balance_rpt else balance_rpt end) <> 0
