-- A returned row is a month in which what owners won together is not what was won, or commission on bookings was earned on more of
-- a deal than there is of it.
with deals as (select * from {{ ref('fct_deals') }}),

shares as (select * from {{ ref('int_deal_shares') }}),

attainment as (select * from {{ ref('fct_quota_attainment') }}),

commissions as (select * from {{ ref('fct_commissions') }}),

owned as (select distinct deal_id from shares),

won as (
    select
        {{ month_of('deals.closed_on') }} as month_on,
        sum(coalesce(deals.amount_rpt, 0)) as won_rpt
    from deals
    inner join owned
        on deals.deal_id = owned.deal_id
    where deals.is_won
    group by {{ month_of('deals.closed_on') }}
),

shared_out as (
    select
        month_on,
        sum(won_rpt) as won_rpt
    from attainment
    group by month_on
),

earned as (
    select
        deal_id,
        event_on,
        sum(base_rpt) as base_rpt
    from commissions
    where event_type = 'booked'
    group by deal_id, event_on
)

select
    cast(coalesce(won.month_on, shared_out.month_on) as varchar) as what,
    won.won_rpt as whole_rpt,
    shared_out.won_rpt as parts_rpt
from won
full join shared_out
    on won.month_on = shared_out.month_on
where coalesce(won.won_rpt, 0) <> coalesce(shared_out.won_rpt, 0)
union all
select
    earned.deal_id as what,
    deals.amount_rpt as whole_rpt,
    earned.base_rpt as parts_rpt
from earned
inner join deals
    on earned.deal_id = deals.deal_id
where deals.is_won and deals.closed_on = earned.event_on and abs(earned.base_rpt) > abs(deals.amount_rpt)
