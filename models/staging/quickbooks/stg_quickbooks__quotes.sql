-- One row per estimate. QuickBooks keeps only its newest version; which deal it belongs to is the company's own field.
select
    document_id as quote_id,
    cast(null as varchar) as deal_id,
    deal_ref,
    cast(1 as integer) as version,
    case
        when estimate_status in ('Accepted', 'Closed', 'Converted') then 'accepted'
        when estimate_status = 'Rejected' then 'rejected'
        else 'sent'
    end as status,
    dated_on as quoted_on,
    expires_on as valid_until_on,
    gross_doc as amount_doc,
    currency,
    {{ lineage() }}
from {{ ref('base_quickbooks__documents') }}
where transaction_type = 'Estimate'
