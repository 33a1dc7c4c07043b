-- One row per vendor.
with vendors as (select * from {{ source('raw', 'netsuite_vendor') }}),

subsidiaries as (select * from {{ source('raw', 'netsuite_subsidiary') }}),

currencies as (select * from {{ source('raw', 'netsuite_currency') }})

select
    vendors.id as vendor_id,
    coalesce(vendors.name, vendors.full_name, vendors.entity_code) as name,
    vendors.tax_id,
    vendors.country,
    vendors.category,
    vendors.payment_terms_days,
    currencies.code as currency,
    subsidiaries.entity_id as intercompany_entity_id,
    vendors.source_system,
    vendors.source_id,
    vendors.batch_id,
    vendors.batch_row,
    vendors.loaded_at
from vendors
left join subsidiaries on vendors.intercompany_subsidiary_id = subsidiaries.id
left join currencies on vendors.currency_id = currencies.id
