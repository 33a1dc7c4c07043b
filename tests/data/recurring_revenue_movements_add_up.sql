-- A returned row is a party's month whose movements do not lead from its opening to its closing recurring revenue, or whose opening
-- is not the closing of the month before.
with months as (
    select
        *,
        lag(closing_rpt, 1, 0) over (partition by party_id order by month_on) as closing_before_rpt
    from {{ ref('fct_recurring_revenue_monthly') }}
)

select
    party_id,
    month_on,
    opening_rpt,
    closing_before_rpt,
    closing_rpt
from months
where
    opening_rpt + new_rpt + expansion_rpt + contraction_rpt + churn_rpt + reactivation_rpt <> closing_rpt
    or opening_rpt <> closing_before_rpt
