-- One row per customer account in the ERP, with the CRM account and the party it was matched to.
-- Region, segment and industry come from the ERP, else from the CRM account.
with customers as (select * from {{ ref('int_customers') }}),

party_customers as (select * from {{ ref('int_party_customers') }}),

accounts as (select * from {{ ref('int_accounts') }}),

described as (
    select
        customers.customer_id,
        customers.name,
        customers.entity_id,
        customers.parent_id,
        customers.country,
        coalesce(customers.region, accounts.region) as region,
        coalesce(customers.segment, accounts.segment) as segment,
        accounts.industry,
        customers.currency,
        customers.payment_terms_days,
        customers.credit_limit_local,
        party_customers.crm_account_id,
        party_customers.party_id,
        customers.intercompany_entity_id,
        customers.intercompany_entity_id is not null as is_intercompany,
        customers.created_on,
        customers.source_system,
        customers.source_id
    from customers
    left join party_customers on customers.customer_id = party_customers.customer_id
    left join accounts on party_customers.crm_account_id = accounts.account_id
)

select * from described
