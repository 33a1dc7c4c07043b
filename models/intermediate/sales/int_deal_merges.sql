-- One row per deal that was merged into another, with the deal that stands for it now: merges are followed to their end.
-- `status`: merged; unknown_deal (the chain ends at a deal that is not loaded); circle (it comes back to where it was).
with recursive deals as (select * from {{ ref('int_deals') }}),

links as (
    select
        deal_id,
        merged_into_id
    from deals
    where merged_into_id is not null
),

-- `union` drops what was seen, so that deals merged into each other end the walk too.
steps as (
    select
        deal_id,
        merged_into_id as reached_id
    from links
    union
    select
        steps.deal_id,
        links.merged_into_id as reached_id
    from steps
    inner join links
        on steps.reached_id = links.deal_id
),

ends as (
    select
        steps.deal_id,
        min(case when deals.deal_id is not null and deals.merged_into_id is null then steps.reached_id end) as standing_deal_id,
        max(case when deals.deal_id is null then 1 else 0 end) as is_unknown
    from steps
    left join deals
        on steps.reached_id = deals.deal_id
    group by steps.deal_id
),

final as (
    select
        links.deal_id,
        links.merged_into_id,
        ends.standing_deal_id,
        case
            when ends.standing_deal_id is not null then 'merged'
            when ends.is_unknown = 1 then 'unknown_deal'
            else 'circle'
        end as status
    from links
    inner join ends
        on links.deal_id = ends.deal_id
)

select * from final
