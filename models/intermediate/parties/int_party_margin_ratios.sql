-- One row per party of the CRM or the ERP with the margin that a sale to it brings: its own of the last twelve months where at least
-- three orders are in them, else that of its segment, else the company's. Null where no cost is known at all.
{{ config(materialized='table') }}

with customer_months as (select * from {{ ref('fct_customer_months') }}),

party_profiles as (select * from {{ ref('int_party_profiles') }}),

run_context as (select * from {{ ref('int_run_context') }}),

year_of_parties as (
    select
        customer_months.party_id,
        customer_months.segment,
        sum(customer_months.orders_count) as orders_count,
        sum(customer_months.margin_rpt) as margin_rpt,
        sum(customer_months.net_with_known_cost_rpt) as net_rpt
    from customer_months
    cross join run_context
    where customer_months.month_on > cast({{ dbt.dateadd('month', -12, month_of('run_context.as_of')) }} as date)
    group by customer_months.party_id, customer_months.segment
),

segments as (
    select
        segment,
        {{ ratio('sum(margin_rpt)', 'sum(net_rpt)') }} as margin_ratio
    from year_of_parties
    group by segment
),

company as (
    select {{ ratio('sum(margin_rpt)', 'sum(net_rpt)') }} as margin_ratio
    from year_of_parties
),

final as (
    select
        party_profiles.party_id,
        case
            when year_of_parties.orders_count >= 3 and year_of_parties.net_rpt > 0 then 'own'
            when segments.margin_ratio is not null then 'segment'
            else 'company'
        end as margin_basis,
        cast(
            case
                when year_of_parties.orders_count >= 3 and year_of_parties.net_rpt > 0
                    then {{ ratio('year_of_parties.margin_rpt', 'year_of_parties.net_rpt') }}
                else coalesce(segments.margin_ratio, company.margin_ratio)
            end as decimal(18, 6)
        ) as margin_ratio
    from party_profiles
    cross join company
    left join year_of_parties
        on party_profiles.party_id = year_of_parties.party_id
    left join segments
        on party_profiles.segment = segments.segment
)

select * from final
