-- One row per link between two lines as it is now. Leaves out links that the newest saving of the later document did not have any
-- more.
with links as (select * from {{ source('raw', 'netsuite_nexttransactionlinelink') }}),

newest as (
    select
        next_id,
        max(saved_at) as saved_at
    from links
    group by next_id
)

select links.*
from links
inner join newest on links.next_id = newest.next_id
where links.updated_at >= newest.saved_at
