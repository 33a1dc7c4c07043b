-- One row per vendor. Leaves out deleted ones.
with vendors as (select * from {{ source('raw', 'quickbooks_vendor') }}),

terms as (select * from {{ source('raw', 'quickbooks_term') }})

select
    vendors.id as vendor_id,
    coalesce(vendors.name, vendors.display_name) as name,
    vendors.tax_id,
    vendors.country,
    vendors.category,
    terms.due_days as payment_terms_days,
    vendors.currency,
    vendors.intercompany_entity_id,
    {{ quickbooks_lineage('vendors') }}
from vendors
left join terms on vendors.terms_id = terms.id
where not vendors.is_deleted
