-- One row per deal that was ever in the pipeline, merged and deleted ones too, with what does not change from day to day: whose it
-- is, what kind, which region. These are as known now; what moves is in int_deal_states.
{{ config(materialized='table') }}

with deals as (select * from {{ ref('int_deals') }}),

deleted_deals as (select * from {{ ref('int_deleted_deals') }}),

accounts as (select * from {{ ref('int_accounts') }}),

party_accounts as (select * from {{ ref('int_party_accounts') }}),

owners as (select * from {{ ref('int_owners') }}),

every_deal as (
    select
        deal_id, source_system, source_id, account_id, owner_id, entity_id, pipeline, deal_type, lead_source, created_on,
        merged_into_id
    from deals
    union all
    select
        deal_id, source_system, source_id, account_id, owner_id, entity_id, pipeline, deal_type, lead_source, created_on,
        null as merged_into_id
    from deleted_deals
    where not is_open
),

final as (
    select
        every_deal.deal_id,
        every_deal.source_system,
        every_deal.source_id,
        every_deal.account_id,
        party_accounts.party_id,
        every_deal.owner_id,
        every_deal.entity_id,
        every_deal.pipeline,
        every_deal.deal_type,
        every_deal.lead_source,
        coalesce(accounts.region, owners.region) as region,
        accounts.segment,
        every_deal.created_on,
        every_deal.merged_into_id
    from every_deal
    left join accounts
        on every_deal.account_id = accounts.account_id
    left join party_accounts
        on every_deal.account_id = party_accounts.account_id
    left join owners
        on every_deal.owner_id = owners.owner_id
)

select * from final
