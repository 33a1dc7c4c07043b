-- One row per task (call, e-mail or other) and calendar event. Leaves out deleted ones. An id says by its first three signs
-- what it belongs to: 006 an opportunity, 00Q a lead.
with tasks as (select * from {{ source('raw', 'salesforce_task') }}),

events as (select * from {{ source('raw', 'salesforce_event') }}),

done as (
    select
        id,
        case lower(task_subtype) when 'call' then 'call' when 'email' then 'email' else 'task' end as activity_type,
        owner_id,
        account_id,
        what_id,
        who_id,
        coalesce(completed_at, cast(activity_on as timestamp), created_at) as happened_at,
        cast(round(cast(call_seconds as decimal(18, 6)) / 60, 0) as integer) as duration_minutes,
        coalesce(direction, lower(call_type)) as direction,
        {{ lineage() }}
    from tasks
    where not is_deleted
    union all
    select
        id,
        'meeting' as activity_type,
        owner_id,
        account_id,
        what_id,
        who_id,
        coalesce(activity_at, cast(activity_on as timestamp), created_at) as happened_at,
        duration_minutes,
        direction,
        {{ lineage() }}
    from events
    where not is_deleted
)

select
    id as activity_id,
    activity_type,
    owner_id,
    account_id,
    case when substr(what_id, length(source_system) + 2, 3) = '006' then what_id end as deal_id,
    case when substr(who_id, length(source_system) + 2, 3) = '00Q' then who_id end as lead_id,
    happened_at,
    duration_minutes,
    direction,
    {{ lineage() }}
from done
