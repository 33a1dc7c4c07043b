-- A returned row is a party and month whose contribution in the cost to serve is not that of its customers.
with months as (
    select
        party_id,
        month_on,
        {{ money('sum(contribution_rpt)') }} as contribution_rpt
    from {{ ref('fct_customer_months') }}
    group by party_id, month_on
)

select
    months.party_id,
    months.month_on,
    months.contribution_rpt,
    serving.contribution_rpt as serving_rpt
from months
left join {{ ref('fct_cost_to_serve_monthly') }} as serving
    on months.party_id = serving.party_id and months.month_on = serving.month_on
where serving.party_id is null or months.contribution_rpt <> serving.contribution_rpt
