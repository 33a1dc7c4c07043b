-- One row per link between two lines as it is now. Leaves out links that the newest saving of the later document did not have any
-- more.
with links as (select * from {{ source('raw', 'netsuite_nexttransactionlinelink') }}),

transactions as (select * from {{ source('raw', 'netsuite_transaction') }})

select links.*
from links
inner join transactions on links.next_id = transactions.id
where links.updated_at >= transactions.updated_at
