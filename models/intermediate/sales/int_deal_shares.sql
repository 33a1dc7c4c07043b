-- One row per deal that counts and owner with a share of it: the part of its amount between from_ratio and to_ratio. Shares that do not
-- add up to one (but for their last digits) are nobody's word: the deal stays whole with its own owner, and fct_doubtful_rows names it.
-- The ends add up where rounded parts would not: an owner's money is the amount up to to_ratio less the amount up to from_ratio.
with deals as (select * from {{ ref('fct_deals') }}),

splits as (select * from {{ ref('int_deal_splits') }}),

placed as (
    select
        deal_id,
        owner_id,
        share_ratio,
        sum(share_ratio) over (partition by deal_id) as total_ratio,
        min(share_ratio) over (partition by deal_id) as least_ratio,
        sum(share_ratio) over (partition by deal_id order by share_ratio desc, owner_id asc rows unbounded preceding) as to_ratio,
        row_number() over (partition by deal_id order by share_ratio asc, owner_id desc) as place_from_last
    from splits
),

shares as (
    select
        deal_id,
        owner_id,
        cast(to_ratio - share_ratio as decimal(9, 6)) as from_ratio,
        cast(case when place_from_last = 1 then 1 else to_ratio end as decimal(9, 6)) as to_ratio
    from placed
    where least_ratio > 0 and total_ratio between 0.9999 and 1.0001
),

final as (
    select
        deals.deal_id,
        case when shares.deal_id is null then deals.owner_id else shares.owner_id end as owner_id,
        cast(coalesce(shares.from_ratio, 0) as decimal(9, 6)) as from_ratio,
        cast(coalesce(shares.to_ratio, 1) as decimal(9, 6)) as to_ratio,
        cast(coalesce(shares.to_ratio - shares.from_ratio, 1) as decimal(9, 6)) as share_ratio
    from deals
    left join shares
        on deals.deal_id = shares.deal_id
)

select * from final
where owner_id is not null
