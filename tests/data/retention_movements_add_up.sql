-- A returned row is a group of customers whose opening revenue and movements do not give its closing revenue.
select
    month_on,
    segment,
    region,
    opening_rpt,
    expansion_rpt,
    contraction_rpt,
    churned_rpt,
    closing_rpt
from {{ ref('fct_retention_monthly') }}
where opening_rpt + expansion_rpt + contraction_rpt + churned_rpt <> closing_rpt
