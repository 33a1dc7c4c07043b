-- One row per deal and owner with a share of it. Leaves out archived deals, and shares without an owner or a part: the others then do not
-- add up to one and are named as doubtful downstream. A deal that nobody shares has no row. HubSpot writes a half as 0.5.
with deals as (select * from {{ source('raw', 'hubspot_deal') }} where not is_archived),

shares as (
    select
        id,
        {{ json_elements('splits', ['owner', 'percentage']) }} as share
    from deals
    where splits is not null
),

summed as (
    select
        id,
        trim(share.owner) as owner_no,
        cast(sum({{ dbt.safe_cast('share.percentage', 'decimal(18, 8)') }}) as decimal(9, 6)) as share_ratio
    from shares
    where nullif(share.owner, '') is not null and nullif(share.percentage, '') is not null
    group by id, trim(share.owner)
)

select
    deals.id as deal_id,
    deals.source_system || ':' || summed.owner_no as owner_id,
    summed.share_ratio,
    deals.source_system,
    deals.source_id || '|' || summed.owner_no as source_id,
    deals.batch_id,
    deals.batch_row,
    deals.loaded_at
from summed
inner join deals on summed.id = deals.id
