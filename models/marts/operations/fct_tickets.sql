-- One row per support ticket opened up to the as-of day. Minutes are of the calendar, not of business hours. What happened
-- after the as-of day is not known yet: such a ticket is still open.
with tickets as (select * from {{ ref('int_tickets') }}),

party_accounts as (select * from {{ ref('int_party_accounts') }}),

run_context as (select * from {{ ref('int_run_context') }}),

known as (
    select
        tickets.ticket_id,
        tickets.account_id,
        party_accounts.party_id,
        tickets.priority,
        tickets.status,
        tickets.opened_at,
        cast(tickets.opened_at as date) as opened_on,
        case when cast(tickets.first_reply_at as date) <= run_context.as_of then tickets.first_reply_at end
            as first_reply_at,
        case when cast(tickets.solved_at as date) <= run_context.as_of then tickets.solved_at end as solved_at,
        tickets.sla_due_at,
        tickets.handling_minutes,
        cast({{ dbt.dateadd('day', 1, 'run_context.as_of') }} as timestamp) as now_at,
        tickets.source_system,
        tickets.source_id
    from tickets
    cross join run_context
    left join party_accounts on tickets.account_id = party_accounts.account_id
    where cast(tickets.opened_at as date) <= run_context.as_of
)

select
    ticket_id,
    account_id,
    party_id,
    priority,
    status,
    opened_at,
    opened_on,
    {{ month_of('opened_on') }} as month_on,
    first_reply_at,
    solved_at,
    sla_due_at,
    cast({{ dbt.datediff('opened_at', 'first_reply_at', 'minute') }} as integer) as first_reply_minutes,
    cast({{ dbt.datediff('opened_at', 'solved_at', 'minute') }} as integer) as solution_minutes,
    handling_minutes,
    solved_at is null as is_open,
    case when sla_due_at is not null then coalesce(solved_at, now_at) > sla_due_at end as is_sla_breached,
    source_system,
    source_id
from known
