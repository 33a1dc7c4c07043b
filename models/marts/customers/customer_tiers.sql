-- One row per CRM account and ERP customer: the value tier of its party, for a phone or ticket system to look up by either number.
-- Value: the margin expected of the party (fct_customer_value, chosen rows) plus that of its open deals, weighted by own history.
-- A: the best tenth of the parties with value, B: the next three tenths, C: the others.
with customer_value as (select * from {{ ref('fct_customer_value') }}),

deals as (select * from {{ ref('fct_deal_ageing') }}),

margin_ratios as (select * from {{ ref('int_party_margin_ratios') }}),

party_profiles as (select * from {{ ref('int_party_profiles') }}),

accounts as (select * from {{ ref('int_accounts') }}),

customers as (select * from {{ ref('int_customers') }}),

party_accounts as (select * from {{ ref('int_party_accounts') }}),

party_customers as (select * from {{ ref('int_party_customers') }}),

expected as (
    select
        party_id,
        sum(coalesce(expected_margin_rpt, 0)) as expected_margin_rpt
    from customer_value
    where is_chosen
    group by party_id
),

pipeline as (
    select
        deals.party_id,
        sum(deals.amount_rpt) as open_pipeline_rpt,
        sum(coalesce(deals.calibrated_weighted_rpt, 0) * coalesce(margin_ratios.margin_ratio, 0))
            as pipeline_margin_rpt
    from deals
    inner join margin_ratios
        on deals.party_id = margin_ratios.party_id
    group by deals.party_id
),

valued as (
    select
        party_profiles.party_id,
        party_profiles.name as party_name,
        party_profiles.region,
        party_profiles.segment,
        {{ money('coalesce(expected.expected_margin_rpt, 0)') }} as expected_margin_rpt,
        {{ money('coalesce(pipeline.open_pipeline_rpt, 0)') }} as open_pipeline_rpt,
        {{ money('coalesce(pipeline.pipeline_margin_rpt, 0)') }} as pipeline_margin_rpt,
        {{ money('coalesce(expected.expected_margin_rpt, 0) + coalesce(pipeline.pipeline_margin_rpt, 0)') }} as value_rpt
    from party_profiles
    left join expected
        on party_profiles.party_id = expected.party_id
    left join pipeline
        on party_profiles.party_id = pipeline.party_id
),

-- Equal values share the better place.
ranked as (
    select
        *,
        rank() over (order by value_rpt desc) as place,
        sum(case when value_rpt > 0 then 1 else 0 end) over () as valued_count
    from valued
),

tiers as (
    select
        *,
        case
            when value_rpt <= 0 then 'C'
            when place <= ceil(valued_count * 0.1) then 'A'
            when place <= ceil(valued_count * 0.4) then 'B'
            else 'C'
        end as tier
    from ranked
),

records as (
    select
        accounts.account_id as record_id,
        'crm_account' as record_type,
        accounts.source_system,
        accounts.source_id,
        party_accounts.party_id
    from accounts
    inner join party_accounts
        on accounts.account_id = party_accounts.account_id
    union all
    select
        customers.customer_id as record_id,
        'erp_customer' as record_type,
        customers.source_system,
        customers.source_id,
        party_customers.party_id
    from customers
    inner join party_customers
        on customers.customer_id = party_customers.customer_id
),

final as (
    select
        records.record_id,
        records.record_type,
        records.source_system,
        records.source_id,
        records.party_id,
        tiers.party_name,
        tiers.region,
        tiers.segment,
        tiers.tier,
        tiers.value_rpt,
        tiers.expected_margin_rpt,
        tiers.open_pipeline_rpt,
        tiers.pipeline_margin_rpt,
        'expected margin ' || cast(tiers.expected_margin_rpt as varchar(30)) || ' + open deals '
        || cast(tiers.pipeline_margin_rpt as varchar(30))
        || case when tiers.value_rpt > 0 then ', place ' || tiers.place || ' of ' || tiers.valued_count else '' end as reason
    from records
    inner join tiers
        on records.party_id = tiers.party_id
)

select * from final
