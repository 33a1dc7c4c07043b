-- One row per customer.
select
    id as customer_id,
    entity_id,
    customer_name as name,
    parent_id,
    tax_id,
    website as domain,
    country,
    region,
    segment,
    payment_terms_days,
    credit_limit_local,
    currency,
    crm_account_ref,
    represents_company as intercompany_entity_id,
    created_on,
    updated_at,
    {{ lineage() }}
from {{ source('raw', 'erpnext_customer') }}
