-- A returned row is a total that does not close: won deals less orders is what the differences explain, reason by reason.
with booked as (
    select sum(amount_rpt) as amount_rpt
    from {{ ref('fct_deals') }}
    where is_won
),

ordered as (
    select sum(ordered_rpt) as amount_rpt
    from {{ ref('fct_order_bridge') }}
),

explained as (
    select sum(difference_rpt) as amount_rpt
    from {{ ref('fct_booking_differences') }}
)

select
    booked.amount_rpt as booked_rpt,
    ordered.amount_rpt as ordered_rpt,
    explained.amount_rpt as explained_rpt
from booked
cross join ordered
cross join explained
where coalesce(booked.amount_rpt, 0) - coalesce(ordered.amount_rpt, 0) <> coalesce(explained.amount_rpt, 0)
