-- One row per opportunity and user with a share of its amount. Leaves out deleted shares and overlay splits, which credit the same
-- money a second time; a kind that the user may not see counts as one that totals a hundred percent. Where an org splits other
-- fields to a hundred percent too, the shares add up to more than one and are named as doubtful downstream.
with splits as (select * from {{ source('raw', 'salesforce_opportunity_split') }}),

split_types as (select * from {{ source('raw', 'salesforce_opportunity_split_type') }})

select
    splits.opportunity_id as deal_id,
    splits.split_owner_id as owner_id,
    cast(sum(splits.split_percentage) / 100 as decimal(9, 6)) as share_ratio,
    splits.source_system,
    {{ number_of('splits.opportunity_id') }} || '|' || {{ number_of('splits.split_owner_id') }} as source_id,
    max(splits.batch_id) as batch_id,
    max(splits.batch_row) as batch_row,
    max(splits.loaded_at) as loaded_at
from splits
left join split_types
    on splits.split_type_id = split_types.id
where not splits.is_deleted and coalesce(split_types.is_total_validated, true) and splits.split_percentage is not null
group by splits.opportunity_id, splits.split_owner_id, splits.source_system
