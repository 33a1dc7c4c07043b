-- A returned row is a month in which the bookings of won deals are not the amounts of the won deals.
with won as (
    select
        {{ month_of('closed_on') }} as month_on,
        count(amount_rpt) as deals_count,
        sum(amount_rpt) as amount_rpt
    from {{ ref('fct_deals') }}
    where is_won
    group by {{ month_of('closed_on') }}
),

booked as (
    select
        {{ month_of('booked_on') }} as month_on,
        count(*) as deals_count,
        sum(booked_rpt) as amount_rpt
    from {{ ref('fct_booked_billed_collected') }}
    where deal_id is not null
    group by {{ month_of('booked_on') }}
)

select
    coalesce(won.month_on, booked.month_on) as month_on,
    won.deals_count,
    booked.deals_count as booked_count,
    won.amount_rpt,
    booked.amount_rpt as booked_rpt
from won
full outer join booked
    on won.month_on = booked.month_on
where
    coalesce(won.deals_count, 0) <> coalesce(booked.deals_count, 0)
    or coalesce(won.amount_rpt, 0) <> coalesce(booked.amount_rpt, 0)
