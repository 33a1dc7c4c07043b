-- A returned row is a party whose value is missing, or counted twice in one stream.
select
    party_id,
    count(case when is_chosen then 1 end) as chosen_count,
    count(distinct case when is_chosen then stream end) as chosen_streams_count
from {{ ref('fct_customer_value') }}
group by party_id
having
    count(case when is_chosen then 1 end) = 0
    or count(case when is_chosen then 1 end) <> count(distinct case when is_chosen then stream end)
