-- One row per customer. Leaves out leads and prospects, which NetSuite keeps in the same table.
with customers as (select * from {{ source('raw', 'netsuite_customer') }}),

subsidiaries as (select * from {{ source('raw', 'netsuite_subsidiary') }}),

currencies as (select * from {{ source('raw', 'netsuite_currency') }})

select
    customers.id as customer_id,
    subsidiaries.entity_id,
    coalesce(customers.name, customers.full_name, customers.entity_code) as name,
    customers.parent_id,
    customers.tax_id,
    customers.domain,
    customers.country,
    customers.region,
    customers.segment,
    customers.payment_terms_days,
    customers.credit_limit_local,
    currencies.code as currency,
    customers.crm_account_ref,
    partners.entity_id as intercompany_entity_id,
    customers.created_on,
    customers.updated_at,
    customers.source_system,
    customers.source_id,
    customers.batch_id,
    customers.batch_row,
    customers.loaded_at
from customers
left join subsidiaries on customers.subsidiary_id = subsidiaries.id
left join subsidiaries as partners on customers.intercompany_subsidiary_id = partners.id
left join currencies on customers.currency_id = currencies.id
where lower(coalesce(customers.search_stage, 'customer')) = 'customer'
