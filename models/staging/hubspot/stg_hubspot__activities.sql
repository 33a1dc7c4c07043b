-- One row per call, meeting, e-mail or task that happened. Leaves out archived ones, tasks that are still to be done, and meetings
-- that did not take place.
with calls as (select * from {{ source('raw', 'hubspot_call') }} where not is_archived),

meetings as (select * from {{ source('raw', 'hubspot_meeting') }} where not is_archived),

emails as (select * from {{ source('raw', 'hubspot_email') }} where not is_archived),

tasks as (select * from {{ source('raw', 'hubspot_task') }} where not is_archived)

select
    id as activity_id,
    'call' as activity_type,
    owner_id,
    company_id as account_id,
    deal_id,
    lead_id,
    coalesce(happened_at, created_at) as happened_at,
    cast(round(duration_ms / 60000, 0) as integer) as duration_minutes,
    lower(direction) as direction,
    {{ lineage() }}
from calls
union all
select
    id as activity_id,
    'meeting' as activity_type,
    owner_id,
    company_id as account_id,
    deal_id,
    lead_id,
    coalesce(started_at, happened_at, created_at) as happened_at,
    cast({{ dbt.datediff('started_at', 'ended_at', 'minute') }} as integer) as duration_minutes,
    direction,
    {{ lineage() }}
from meetings
where coalesce(upper(outcome), '') not in ('CANCELED', 'CANCELLED', 'RESCHEDULED', 'NO_SHOW')
union all
select
    id as activity_id,
    'email' as activity_type,
    owner_id,
    company_id as account_id,
    deal_id,
    lead_id,
    coalesce(happened_at, created_at) as happened_at,
    duration_minutes,
    case upper(direction)
        when 'INCOMING_EMAIL' then 'inbound' when 'EMAIL' then 'outbound' when 'FORWARDED_EMAIL' then 'outbound'
    end as direction,
    {{ lineage() }}
from emails
union all
select
    id as activity_id,
    'task' as activity_type,
    owner_id,
    company_id as account_id,
    deal_id,
    lead_id,
    coalesce(completed_at, due_at, created_at) as happened_at,
    duration_minutes,
    direction,
    {{ lineage() }}
from tasks
where upper(status) = 'COMPLETED'
