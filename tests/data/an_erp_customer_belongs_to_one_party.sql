-- A returned row is an ERP customer that stored ids join to two groups of CRM accounts. Nothing was joined for it.
-- Correct the reference in the CRM or ERP, or decide: `plumbline matches accept ACCOUNT ACCOUNT` where the two accounts are one
-- company, `plumbline matches reject ACCOUNT CUSTOMER` where one of the references is wrong.
with hits as (select * from {{ ref('int_party_hits') }}),

groups as (select * from {{ ref('int_party_groups') }}),

party_customers as (select * from {{ ref('int_party_customers') }})

select
    party_customers.customer_id,
    party_customers.method,
    hits.account_id,
    groups.group_id,
    hits.evidence_count
from party_customers
inner join hits
    on party_customers.customer_id = hits.customer_id and party_customers.method = hits.method
inner join groups
    on hits.account_id = groups.record_id and groups.side = 'account'
where party_customers.status = 'conflict'
