-- One row per partner that sales may sell to: one that stands for itself, in a database that has leads or opportunities. Leaves out the
-- company's own partners, and vendors that neither an invoice nor a lead makes a customer. An account that is a customer already is
-- the same partner: its number names the customer.
with parties as (select * from {{ ref('base_odoo__parties') }}),

leads as (select * from {{ source('raw', 'odoo_lead') }}),

named as (select * from {{ ref('base_odoo__leads') }}),

companies as (select * from {{ source('raw', 'odoo_company') }}),

countries as (select * from {{ source('raw', 'odoo_country') }}),

industries as (select * from {{ source('raw', 'odoo_industry') }})

select
    parties.id as account_id,
    coalesce(parties.name, parties.source_id) as name,
    parents.id as parent_id,
    parties.website as domain,
    parties.tax_id,
    countries.code as country,
    parties.region,
    coalesce(parties.industry, industries.name) as industry,
    parties.segment,
    parties.owner_id,
    coalesce(
        parties.erp_customer_ref, case when parties.is_customer then {{ odoo_bare_id('parties.id', 'parties') }} end
    ) as erp_customer_ref,
    cast(parties.created_at as date) as created_on,
    parties.updated_at,
    {{ odoo_lineage('parties') }}
from parties
left join parties as parents on parties.parent_id = parents.id
left join countries on parties.country_id = countries.id
left join industries on parties.industry_id = industries.id
where
    parties.source_system in (select leads.source_system from leads)
    and parties.id not in (select companies.partner_id from companies where companies.partner_id is not null)
    and (
        parties.is_customer
        or not parties.is_vendor
        or parties.id in (select named.account_id from named where named.account_id is not null)
    )
