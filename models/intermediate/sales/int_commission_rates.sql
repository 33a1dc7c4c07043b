-- One row per win of a deal and owner with a share in it and a plan: the rate that the deal earns by. It is that of the newest plan of
-- the owner on the day of the win, in the highest tier that the month's bookings reached of the month's quota, and stays with the deal.
with plans as (select * from {{ ref('int_commission_plans') }}),

states as (select * from {{ ref('int_deal_states') }}),

deals as (select * from {{ ref('fct_deals') }}),

shares as (select * from {{ ref('int_deal_shares') }}),

attainment as (select * from {{ ref('fct_quota_attainment') }}),

wins as (
    select
        states.deal_id,
        states.valid_from_on as won_on,
        states.valid_to_on as reopened_on,
        coalesce(states.amount_rpt, 0) as amount_rpt,
        shares.owner_id,
        shares.from_ratio,
        shares.to_ratio,
        shares.share_ratio,
        deals.region
    from states
    inner join deals
        on states.deal_id = deals.deal_id
    inner join shares
        on states.deal_id = shares.deal_id
    where states.outcome = 'won'
),

tiers as (
    select
        wins.*,
        plans.plan_name,
        plans.commission_base,
        plans.rate_ratio,
        plans.claw_back_days,
        attainment.attainment_ratio,
        row_number() over (
            partition by wins.deal_id, wins.owner_id, wins.won_on order by plans.valid_from_on desc, plans.from_attainment_ratio desc
        ) as place
    from wins
    left join attainment
        on wins.owner_id = attainment.owner_id and {{ month_of('wins.won_on') }} = attainment.month_on
    inner join plans
        on
            wins.owner_id = plans.owner_id
            and wins.won_on >= plans.valid_from_on
            and plans.from_attainment_ratio <= coalesce(attainment.attainment_ratio, 0)
),

final as (
    select
        deal_id,
        owner_id,
        won_on,
        reopened_on,
        amount_rpt,
        from_ratio,
        to_ratio,
        share_ratio,
        region,
        plan_name,
        commission_base,
        rate_ratio,
        claw_back_days,
        attainment_ratio
    from tiers
    where place = 1
)

select * from final
