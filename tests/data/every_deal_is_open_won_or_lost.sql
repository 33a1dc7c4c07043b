-- A returned row is a deal in two conditions at once, or in none.
select
    deal_id,
    is_open,
    is_won,
    is_lost,
    is_closed
from {{ ref('fct_deals') }}
where
    (case when is_open then 1 else 0 end) + (case when is_won then 1 else 0 end) + (case when is_lost then 1 else 0 end) <> 1
    or is_closed = is_open
    or (closed_on is null) <> is_open
