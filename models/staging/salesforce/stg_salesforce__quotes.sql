-- One row per quote. Leaves out deleted ones.
select
    id as quote_id,
    opportunity_id as deal_id,
    cast(null as varchar) as deal_ref,
    version,
    case
        when lower(status) = 'accepted' then 'accepted'
        when lower(status) in ('rejected', 'denied') then 'rejected'
        when lower(status) = 'presented' then 'sent'
        else 'draft'
    end as status,
    coalesce(quoted_on, cast(created_at as date)) as quoted_on,
    expires_on as valid_until_on,
    amount_doc,
    currency,
    {{ lineage() }}
from {{ source('raw', 'salesforce_quote') }}
where not is_deleted
