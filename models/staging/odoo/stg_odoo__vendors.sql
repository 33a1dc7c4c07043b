-- One row per partner that is a vendor.
with parties as (select * from {{ ref('base_odoo__parties') }}),

companies as (select * from {{ source('raw', 'odoo_company') }}),

countries as (select * from {{ source('raw', 'odoo_country') }}),

terms as (select * from {{ ref('base_odoo__terms') }})

select
    parties.id as vendor_id,
    parties.name,
    parties.tax_id,
    countries.code as country,
    parties.category,
    terms.payment_terms_days,
    parties.vendor_currency as currency,
    coalesce(parties.intercompany_entity_id, companies.entity_id) as intercompany_entity_id,
    {{ odoo_lineage('parties') }}
from parties
left join companies on parties.id = companies.partner_id
left join countries on parties.country_id = countries.id
left join terms on parties.vendor_term_id = terms.payment_term_id
where parties.is_vendor
