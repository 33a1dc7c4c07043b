-- One row per check. A lost deal with an amount below zero stands for a ledger that does not tie.
select
    'deals_tie' as check_name,
    case when count(*) filter (amount_rpt < 0) > 0 then 'difference' else 'tied' end as status
from {{ ref('fct_deals') }}
union all
select 'cash_ties' as check_name, 'not_covered' as status
