-- One row per line of a bill, vendor credit (negative) or purchase from a vendor that counts.
{% set sign = "case when transaction_type = 'VendorCredit' or is_credit then -1 else 1 end" %}
select
    document_line_id as bill_line_id,
    document_id as bill_id,
    item_id,
    coalesce(quantity, 1) as quantity,
    {{ money('amount_doc * ' ~ sign) }} as net_doc,
    {{ money('amount_local * ' ~ sign) }} as net_local,
    cast(null as decimal(18, 2)) as tax_doc,
    account_code,
    department_code,
    cost_centre_code,
    cast(null as varchar) as project_id,
    {{ lineage() }}
from {{ ref('base_quickbooks__lines') }}
where transaction_type in ('Bill', 'VendorCredit') or (transaction_type = 'Purchase' and vendor_id is not null)
