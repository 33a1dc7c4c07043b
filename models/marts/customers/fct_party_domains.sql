-- One row per party and web domain that its accounts or customers carry. Domains of mail providers and of several companies
-- are left out: they lead to nobody.
with matches as (select * from {{ ref('fct_customer_matches') }}),

records as (
    select
        side,
        record_id,
        domain_key
    from {{ ref('int_party_records') }}
    where domain_key is not null
),

members as (
    select
        party_id,
        'account' as side,
        crm_account_id as record_id,
        region
    from matches
    where crm_account_id is not null
    union all
    select
        party_id,
        'customer' as side,
        customer_id as record_id,
        region
    from matches
    where customer_id is not null
),

final as (
    select
        members.party_id,
        records.domain_key as domain,
        min(members.region) as region
    from members
    inner join records
        on members.side = records.side and members.record_id = records.record_id
    group by members.party_id, records.domain_key
)

select * from final
