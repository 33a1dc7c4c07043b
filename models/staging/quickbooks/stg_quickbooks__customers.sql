-- One row per customer and sub-customer. Leaves out deleted ones; inactive ones stay, their documents do.
with customers as (select * from {{ source('raw', 'quickbooks_customer') }}),

terms as (select * from {{ source('raw', 'quickbooks_term') }}),

legal_entities as (select * from {{ source('raw', 'legal_entity') }})

select
    customers.id as customer_id,
    customers.entity_id,
    coalesce(customers.name, customers.display_name) as name,
    customers.parent_id,
    coalesce(customers.tax_id, customers.resale_number) as tax_id,
    customers.domain,
    customers.country,
    customers.region,
    customers.segment,
    terms.due_days as payment_terms_days,
    customers.credit_limit_local,
    coalesce(customers.currency, legal_entities.currency) as currency,
    customers.crm_account_ref,
    customers.intercompany_entity_id,
    cast(customers.created_at as date) as created_on,
    customers.updated_at,
    {{ quickbooks_lineage('customers') }}
from customers
left join terms on customers.terms_id = terms.id
left join legal_entities on customers.entity_id = legal_entities.entity_id
where not customers.is_deleted
