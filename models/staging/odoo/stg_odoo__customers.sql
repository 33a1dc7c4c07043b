-- One row per partner that is a customer.
with parties as (select * from {{ ref('base_odoo__parties') }}),

companies as (select * from {{ source('raw', 'odoo_company') }}),

countries as (select * from {{ source('raw', 'odoo_country') }}),

terms as (select * from {{ ref('base_odoo__terms') }})

select
    parties.id as customer_id,
    companies.entity_id,
    parties.name,
    case when parents.is_customer then parents.id end as parent_id,
    parties.tax_id,
    parties.website as domain,
    countries.code as country,
    parties.region,
    parties.segment,
    terms.payment_terms_days,
    parties.credit_limit_local,
    parties.currency,
    parties.crm_account_ref,
    coalesce(parties.intercompany_entity_id, own_companies.entity_id) as intercompany_entity_id,
    cast(parties.created_at as date) as created_on,
    parties.updated_at,
    {{ odoo_lineage('parties') }}
from parties
left join parties as parents on parties.parent_id = parents.id
left join companies on parties.company_id = companies.id
left join companies as own_companies on parties.id = own_companies.partner_id
left join countries on parties.country_id = countries.id
left join terms on parties.customer_term_id = terms.payment_term_id
where parties.is_customer
