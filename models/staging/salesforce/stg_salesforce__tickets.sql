-- One row per case. Leaves out deleted ones. What a case is called between open and closed differs by org: only closed is certain.
select
    id as ticket_id,
    account_id,
    priority,
    case when is_closed then 'solved' else 'open' end as status,
    created_at as opened_at,
    first_reply_at,
    closed_at as solved_at,
    sla_exit_at as sla_due_at,
    handling_minutes,
    {{ lineage() }}
from {{ source('raw', 'salesforce_case') }}
where not is_deleted
