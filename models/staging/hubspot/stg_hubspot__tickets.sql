-- One row per ticket. Leaves out archived ones. Closed is what the status says in its pipeline, never what it is called.
with tickets as (select * from {{ source('raw', 'hubspot_ticket') }}),

stages as (
    select
        source_system as stage_source_system,
        pipeline_id as stage_pipeline_id,
        stage_id as pipeline_stage_id,
        coalesce(upper(state) = 'CLOSED', is_closed) as is_closed
    from {{ source('raw', 'hubspot_ticket_stage') }}
)

select
    tickets.id as ticket_id,
    tickets.company_id as account_id,
    tickets.priority,
    case when coalesce(stages.is_closed, tickets.closed_at is not null) then 'solved' else 'open' end as status,
    tickets.created_at as opened_at,
    tickets.first_reply_at,
    tickets.closed_at as solved_at,
    tickets.sla_due_at,
    tickets.handling_minutes,
    {{ lineage() }}
from tickets
left join stages
    on
        tickets.source_system = stages.stage_source_system
        and tickets.pipeline_id = stages.stage_pipeline_id
        and tickets.stage_id = stages.pipeline_stage_id
where not tickets.is_archived
