-- One row per person at an account. Leaves out addresses, archived people and those of partners that are no accounts.
with partners as (select * from {{ source('raw', 'odoo_partner') }}),

accounts as (select * from {{ ref('stg_odoo__accounts') }}),

countries as (select * from {{ source('raw', 'odoo_country') }})

select
    partners.id as contact_id,
    partners.commercial_partner_id as account_id,
    partners.name,
    partners.email_hash,
    partners.title,
    countries.code as country,
    cast(null as varchar) as merged_into_id,
    cast(partners.created_at as date) as created_on,
    {{ odoo_lineage('partners') }}
from partners
inner join accounts on partners.commercial_partner_id = accounts.account_id
left join countries on partners.country_id = countries.id
where
    partners.commercial_partner_id <> partners.id
    and coalesce(partners.address_type, 'contact') = 'contact'
    and coalesce(partners.is_active, true)
