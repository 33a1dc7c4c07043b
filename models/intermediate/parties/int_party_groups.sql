-- One row per company record with the group of records of the same system side that it belongs to.
-- Records join when one is the other's parent, when both carry one tax number or one name in one country, or when somebody
-- decided so. A key that more than 50 records share is a default value someone typed, and identifies nobody. A record that
-- somebody split off keeps what is below it, and joins by decision only.
{{ config(materialized='table') }}

with recursive decisions as (
    select * from {{ ref('int_party_decisions') }}
    where status = 'in_force'
),

records as (
    select
        records.side,
        records.record_id,
        case when decisions.record_id is null then records.parent_id end as parent_id,
        case when decisions.record_id is null then records.tax_number end as tax_number,
        case when decisions.record_id is null then records.name_key end as name_key,
        records.country_key
    from {{ ref('int_party_records') }} as records
    left join decisions
        on records.side = decisions.side and records.record_id = decisions.record_id and decisions.action = 'split'
),

merged_records as (
    select
        decision_no,
        side,
        record_id
    from decisions
    where action = 'merge'
    union all
    select
        decision_no,
        side,
        other_record_id as record_id
    from decisions
    where action = 'merge'
),

-- Up the hierarchy; `union` drops what was seen, so that records that are each other's parents end the walk too.
ancestors as (
    select
        side,
        record_id,
        record_id as ancestor_id
    from records
    union
    select
        ancestors.side,
        ancestors.record_id,
        parents.record_id as ancestor_id
    from ancestors
    inner join records
        on ancestors.side = records.side and ancestors.ancestor_id = records.record_id
    inner join records as parents
        on records.side = parents.side and records.parent_id = parents.record_id
),

roots as (
    select
        ancestors.side,
        ancestors.record_id,
        coalesce(
            min(case when parents.record_id is null then ancestors.ancestor_id end), min(ancestors.ancestor_id)
        ) as root_id
    from ancestors
    inner join records
        on ancestors.side = records.side and ancestors.ancestor_id = records.record_id
    left join records as parents
        on records.side = parents.side and records.parent_id = parents.record_id
    group by ancestors.side, ancestors.record_id
),

keys as (
    select
        side,
        record_id,
        tax_number,
        'tax:' || coalesce(country_key, '') || ':' || tax_number as shared_key
    from records
    where tax_number is not null
    union all
    select
        side,
        record_id,
        tax_number,
        'name:' || country_key || ':' || name_key as shared_key
    from records
    where name_key is not null and country_key is not null
    union all
    select
        records.side,
        records.record_id,
        cast(null as varchar) as tax_number,
        'decision:' || cast(merged_records.decision_no as varchar) as shared_key
    from merged_records
    inner join records
        on merged_records.side = records.side and merged_records.record_id = records.record_id
),

-- Two tax numbers under one name in one country are two companies of that name.
shared_keys as (
    select
        side,
        shared_key
    from keys
    group by side, shared_key
    having count(*) between 2 and 50 and count(distinct tax_number) <= 1
),

rooted_keys as (
    select distinct
        keys.side,
        roots.root_id,
        keys.shared_key
    from keys
    inner join shared_keys
        on keys.side = shared_keys.side and keys.shared_key = shared_keys.shared_key
    inner join roots
        on keys.side = roots.side and keys.record_id = roots.record_id
),

reachable as (
    select distinct
        side,
        root_id,
        root_id as reached_id
    from roots
    union
    select
        reachable.side,
        reachable.root_id,
        others.root_id as reached_id
    from reachable
    inner join rooted_keys
        on reachable.side = rooted_keys.side and reachable.reached_id = rooted_keys.root_id
    inner join rooted_keys as others
        on rooted_keys.side = others.side and rooted_keys.shared_key = others.shared_key
),

groups as (
    select
        side,
        root_id,
        min(reached_id) as group_id
    from reachable
    group by side, root_id
),

final as (
    select
        roots.side,
        roots.record_id,
        groups.group_id
    from roots
    inner join groups
        on roots.side = groups.side and roots.root_id = groups.root_id
)

select * from final
