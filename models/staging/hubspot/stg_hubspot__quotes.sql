-- One row per quote. Leaves out archived ones. Paid or signed by all is accepted; published is sent.
select
    id as quote_id,
    deal_id,
    cast(null as varchar) as deal_ref,
    version,
    case
        when upper(payment_status) = 'PAID' or (signatures_needed > 0 and signatures_done >= signatures_needed) then 'accepted'
        when upper(status) = 'REJECTED' then 'rejected'
        when upper(status) in ('APPROVED', 'APPROVAL_NOT_NEEDED') then 'sent'
        else 'draft'
    end as status,
    coalesce(quoted_on, {{ day_in_zone('created_at', 'time_zone') }}) as quoted_on,
    {{ day_in_zone('expires_at', 'time_zone') }} as valid_until_on,
    amount_doc,
    coalesce(currency, account_currency) as currency,
    {{ lineage() }}
from {{ source('raw', 'hubspot_quote') }}
where not is_archived and amount_doc is not null
