-- One row per meeting, call, mail or task about a lead or opportunity. A planned activity that was done leaves a message of its kind;
-- meetings stand in the calendar. A mail is what came in by the mail gateway, or a message that others than employees see.
with leads as (select * from {{ ref('base_odoo__leads') }}),

meetings as (select * from {{ source('raw', 'odoo_meeting') }}),

messages as (select * from {{ source('raw', 'odoo_message') }}),

subtypes as (select * from {{ source('raw', 'odoo_message_subtype') }}),

kinds as (select * from {{ source('raw', 'odoo_activity_type') }}),

happened as (
    select
        source_system || ':meeting-' || source_id as activity_id,
        'meeting' as activity_type,
        lead_id,
        user_id,
        started_at as happened_at,
        cast(round(hours * 60, 0) as integer) as duration_minutes,
        direction,
        source_system,
        'meeting-' || source_id as source_id,
        batch_id,
        batch_row,
        loaded_at
    from meetings
    where coalesce(is_active, true)
    union all
    select
        messages.source_system || ':message-' || messages.source_id as activity_id,
        case
            when messages.activity_type_id is null then 'email' when kinds.category = 'phonecall' then 'call' else 'task'
        end as activity_type,
        messages.lead_id,
        case when messages.message_type <> 'email' then messages.user_id end as user_id,
        messages.happened_at,
        cast(null as integer) as duration_minutes,
        case
            when messages.activity_type_id is not null then null when messages.message_type = 'email' then 'inbound' else 'outbound'
        end as direction,
        messages.source_system,
        'message-' || messages.source_id as source_id,
        messages.batch_id,
        messages.batch_row,
        messages.loaded_at
    from messages
    left join subtypes on messages.subtype_id = subtypes.id
    left join kinds on messages.activity_type_id = kinds.id
    where
        messages.happened_at is not null
        and (
            (messages.activity_type_id is not null and coalesce(kinds.category, '') <> 'meeting')
            or (
                messages.activity_type_id is null
                and (messages.message_type = 'email' or (messages.message_type = 'comment' and not coalesce(subtypes.is_internal, true)))
            )
        )
)

select
    happened.activity_id,
    happened.activity_type,
    -- A mail that came in was read by whom the deal belongs to.
    coalesce(happened.user_id, leads.user_id) as owner_id,
    leads.account_id,
    case when leads.is_deal then leads.id end as deal_id,
    case when not leads.is_deal then leads.id end as lead_id,
    happened.happened_at,
    happened.duration_minutes,
    happened.direction,
    {{ odoo_lineage('happened') }}
from happened
inner join leads on happened.lead_id = leads.id
