-- A returned row is a cohort that lived through the whole horizon and whose expected margin is not the margin it brought.
-- Each member's value is rounded to a cent, so a cohort may differ by half a cent per member.
select
    segment,
    cohort_on,
    count(*) as customers_count,
    sum(expected_margin_rpt) as expected_margin_rpt,
    sum(margin_in_horizon_rpt) as margin_in_horizon_rpt
from {{ ref('fct_customer_value') }}
where method = 'cohort_margin' and cohort_seen_months = horizon_months and horizon_months = 24
group by segment, cohort_on
having abs(sum(expected_margin_rpt) - sum(margin_in_horizon_rpt)) > 0.005 * count(*)
