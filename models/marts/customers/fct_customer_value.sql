-- One row per method and party that was ever invoiced. Method cohort_margin: the margin a customer of its cohort (segment and
-- quarter of the first invoice) brings in its first 24 months, seen so far and carried on at the segment's pace. Not discounted.
-- Where no cost is known, no margin is either: it is null, not zero.
with customer_months as (select * from {{ ref('fct_customer_months') }}),

curves as (select * from {{ ref('int_customer_value_curves') }}),

party_profiles as (select * from {{ ref('int_party_profiles') }}),

expected as (
    select
        segment,
        cohort_on,
        customers_count,
        seen_months_count,
        level_ratio,
        count(*) as horizon_months,
        sum(margin_per_customer) as expected_margin
    from curves
    group by segment, cohort_on, customers_count, seen_months_count, level_ratio
),

parties as (
    select
        party_id,
        segment,
        first_month_on,
        cast({{ dbt.date_trunc('quarter', 'first_month_on') }} as date) as cohort_on,
        sum(case when age_months between 0 and 23 then margin_rpt else 0 end) as margin_in_horizon_rpt,
        sum(margin_rpt) as margin_to_date_rpt,
        sum(net_rpt) as net_to_date_rpt,
        sum(net_with_known_cost_rpt) as net_with_known_cost_rpt
    from customer_months
    where first_month_on is not null
    group by party_id, segment, first_month_on
),

segment_costs as (
    select
        segment,
        sum(net_with_known_cost_rpt) as net_with_known_cost_rpt,
        {{ ratio('sum(net_with_known_cost_rpt)', 'sum(net_to_date_rpt)') }} as known_cost_ratio
    from parties
    group by segment
),

final as (
    select
        'cohort_margin' as method,
        parties.party_id,
        party_profiles.name as party_name,
        party_profiles.region,
        parties.segment,
        parties.first_month_on,
        parties.cohort_on,
        cast(expected.customers_count as integer) as cohort_customers_count,
        cast(expected.seen_months_count as integer) as cohort_seen_months,
        cast(expected.horizon_months as integer) as horizon_months,
        cast(expected.level_ratio as decimal(18, 6)) as cohort_level_ratio,
        cast(segment_costs.known_cost_ratio as decimal(18, 6)) as known_cost_ratio,
        case when segment_costs.net_with_known_cost_rpt <> 0 then {{ money('expected.expected_margin') }} end as expected_margin_rpt,
        case when parties.net_with_known_cost_rpt <> 0 then {{ money('parties.margin_in_horizon_rpt') }} end as margin_in_horizon_rpt,
        case when parties.net_with_known_cost_rpt <> 0 then {{ money('parties.margin_to_date_rpt') }} end as margin_to_date_rpt,
        {{ money('parties.net_to_date_rpt') }} as net_to_date_rpt
    from parties
    inner join expected
        on parties.segment = expected.segment and parties.cohort_on = expected.cohort_on
    inner join segment_costs
        on parties.segment = segment_costs.segment
    inner join party_profiles
        on parties.party_id = party_profiles.party_id
)

select * from final
