-- One row per supplier.
select
    id as vendor_id,
    supplier_name as name,
    tax_id,
    country,
    category,
    payment_terms_days,
    currency,
    represents_company as intercompany_entity_id,
    {{ lineage() }}
from {{ source('raw', 'erpnext_supplier') }}
