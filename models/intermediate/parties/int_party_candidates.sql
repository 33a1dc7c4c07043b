-- One row per company record that may be compared by name. `is_open`: no record of its group has a counterpart that the ladder
-- is sure of, so it waits for one. The others are listed as well: an open record may belong to a company that is known already.
with records as (select * from {{ ref('int_party_records') }}),

groups as (select * from {{ ref('int_party_groups') }}),

hits as (select * from {{ ref('int_party_hits') }}),

decided_records as (
    select
        'account' as side,
        account_id as record_id
    from hits
    where is_decisive
    union
    select
        'customer' as side,
        customer_id as record_id
    from hits
    where is_decisive
),

decided_groups as (
    select distinct
        groups.side,
        groups.group_id
    from decided_records
    inner join groups
        on decided_records.side = groups.side and decided_records.record_id = groups.record_id
),

final as (
    select
        records.side,
        records.record_id,
        groups.group_id,
        records.name_key,
        records.country_key,
        records.tax_number,
        decided_groups.group_id is null as is_open
    from records
    inner join groups
        on records.side = groups.side and records.record_id = groups.record_id
    left join decided_groups
        on groups.side = decided_groups.side and groups.group_id = decided_groups.group_id
)

select * from final
