-- One row per CRM account with the party it belongs to, and what is known of its company.
{{ config(materialized='table') }}

with accounts as (select * from {{ ref('int_accounts') }}),

groups as (select * from {{ ref('int_party_groups') }}),

merged_groups as (select * from {{ ref('int_party_merged_groups') }}),

party_customers as (select * from {{ ref('int_party_customers') }}),

matched_parties as (
    select
        party_id,
        count(*) as customers_count
    from party_customers
    where status = 'accepted'
    group by party_id
),

final as (
    select
        accounts.account_id,
        accounts.source_system,
        accounts.source_id,
        coalesce(merged_groups.party_id, groups.group_id) as party_id,
        coalesce(matched_parties.customers_count, 0) as customers_count
    from accounts
    inner join groups
        on accounts.account_id = groups.record_id and groups.side = 'account'
    left join merged_groups
        on groups.group_id = merged_groups.group_id
    left join matched_parties
        on coalesce(merged_groups.party_id, groups.group_id) = matched_parties.party_id
)

select * from final
