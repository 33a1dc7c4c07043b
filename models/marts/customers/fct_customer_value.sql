-- One row per method and party that was ever invoiced. Method cohort_margin: the margin a customer of its cohort (segment and
-- quarter of the first invoice) brings in its first 24 months, seen so far and carried on at the segment's pace. Not discounted.
-- The other methods look ahead from the as-of date and are discounted: bg_nbd, pareto_nbd or shrinkage for orders, sbg for
-- contracts. Where no cost is known, no margin is either: it is null, not zero.
with customer_months as (select * from {{ ref('fct_customer_months') }}),

curves as (select * from {{ ref('int_customer_value_curves') }}),

party_profiles as (select * from {{ ref('int_party_profiles') }}),

estimates as (select * from {{ ref('int_customer_value_estimates') }}),

run_context as (select * from {{ ref('int_run_context') }}),

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

valued_parties as (
    select
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
        coalesce(segment_costs.net_with_known_cost_rpt <> 0, false) as is_cost_known,
        case when segment_costs.net_with_known_cost_rpt <> 0 then {{ money('expected.expected_margin') }} end as cohort_margin_rpt,
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
),

chosen_parties as (
    select distinct party_id
    from estimates
    where is_chosen
),

methods as (
    select
        'cohort_margin' as method,
        'all' as stream,
        valued_parties.party_id,
        cast(null as varchar) as regime,
        -- A party without orders or contracts of its own to learn from has its cohort's figure and no other.
        chosen_parties.party_id is null as is_chosen,
        chosen_parties.party_id is null as is_fallback,
        case when chosen_parties.party_id is null then 'no order and no contract to learn from' end as fallback_reason,
        valued_parties.first_month_on as valued_from_on,
        valued_parties.horizon_months,
        cast(0 as decimal(9, 6)) as yearly_discount_ratio,
        cast(null as varchar) as parameters,
        cast(null as integer) as repeat_orders_count,
        cast(null as decimal(9, 6)) as probability_active_ratio,
        cast(null as decimal(18, 6)) as expected_orders_count,
        cast(null as decimal(18, 2)) as expected_order_margin_rpt,
        valued_parties.cohort_margin_rpt as expected_margin_rpt,
        cast(null as decimal(18, 2)) as low_margin_rpt,
        cast(null as decimal(18, 2)) as high_margin_rpt,
        cast(null as decimal(18, 2)) as naive_margin_rpt
    from valued_parties
    left join chosen_parties
        on valued_parties.party_id = chosen_parties.party_id
    union all
    select
        estimates.method,
        estimates.stream,
        estimates.party_id,
        estimates.regime,
        estimates.is_chosen,
        estimates.is_fallback,
        estimates.fallback_reason,
        run_context.as_of as valued_from_on,
        cast(estimates.horizon_months as integer) as horizon_months,
        cast(estimates.yearly_discount as decimal(9, 6)) as yearly_discount_ratio,
        estimates.parameters,
        cast(estimates.repeat_orders as integer) as repeat_orders_count,
        cast(estimates.probability_active as decimal(9, 6)) as probability_active_ratio,
        cast(estimates.expected_orders as decimal(18, 6)) as expected_orders_count,
        {{ money('estimates.expected_order_margin') }} as expected_order_margin_rpt,
        {{ money('estimates.expected_margin') }} as expected_margin_rpt,
        {{ money('estimates.low_margin') }} as low_margin_rpt,
        {{ money('estimates.high_margin') }} as high_margin_rpt,
        {{ money('estimates.naive_margin') }} as naive_margin_rpt
    from estimates
    cross join run_context
),

final as (
    select
        methods.method,
        methods.party_id,
        valued_parties.party_name,
        valued_parties.region,
        valued_parties.segment,
        methods.stream,
        methods.regime,
        methods.is_chosen,
        methods.is_fallback,
        methods.fallback_reason,
        valued_parties.first_month_on,
        valued_parties.cohort_on,
        valued_parties.cohort_customers_count,
        valued_parties.cohort_seen_months,
        methods.valued_from_on,
        methods.horizon_months,
        methods.yearly_discount_ratio,
        valued_parties.cohort_level_ratio,
        valued_parties.known_cost_ratio,
        methods.parameters,
        methods.repeat_orders_count,
        methods.probability_active_ratio,
        methods.expected_orders_count,
        case when valued_parties.is_cost_known then methods.expected_order_margin_rpt end as expected_order_margin_rpt,
        case when valued_parties.is_cost_known then methods.expected_margin_rpt end as expected_margin_rpt,
        case when valued_parties.is_cost_known then methods.low_margin_rpt end as low_margin_rpt,
        case when valued_parties.is_cost_known then methods.high_margin_rpt end as high_margin_rpt,
        case when valued_parties.is_cost_known then methods.naive_margin_rpt end as naive_margin_rpt,
        valued_parties.margin_in_horizon_rpt,
        valued_parties.margin_to_date_rpt,
        valued_parties.net_to_date_rpt
    from methods
    inner join valued_parties
        on methods.party_id = valued_parties.party_id
)

select * from final
