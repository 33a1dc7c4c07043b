-- One row per overdue instalment of a customer invoice, as of the as-of day: who is to be called about what, and which step
-- of the dunning policy (seeds/reference/dunning_levels.csv) is due by its age, the last reminder that was sent and the last
-- day that the customer promised. Cash and credits of the customer that are not applied yet are shown beside it: they may be
-- the payment. What is in dispute has no step: it is to be settled, not dunned. Group companies are left out.
with receivable_items as (select * from {{ ref('fct_receivable_items') }} where not is_intercompany),

dunning_levels as (
    select
        *,
        lead(from_days_overdue) over (order by from_days_overdue) as next_from_days_overdue
    from {{ ref('dunning_levels') }}
),

run_context as (select * from {{ ref('int_run_context') }}),

reminders as (select * from {{ ref('int_reminders') }}),

promises as (select * from {{ ref('int_payment_promises') }}),

events as (select * from {{ ref('fct_receivable_events') }} where event_type = 'applied' and amount_doc is not null),

customers_owing as (
    select
        entity_id,
        customer_id,
        {{ money('sum(case when days_overdue > 0 then open_local else 0 end)') }} as customer_overdue_local,
        {{ money("sum(case when document_type <> 'invoice' then open_local else 0 end)") }} as customer_unapplied_local
    from receivable_items
    where open_local <> 0
    group by entity_id, customer_id
),

-- How late the customer usually is, by amount: a bill that its customer always pays in week three needs no call in week two.
habits as (
    select
        receivable_items.entity_id,
        receivable_items.customer_id,
        {{ ratio(
            'sum(' ~ dbt.datediff('receivable_items.due_on', 'receivable_items.settled_on', 'day')
            ~ ' * receivable_items.gross_local)',
            'sum(receivable_items.gross_local)'
        ) }} as customer_mean_days_late
    from receivable_items
    cross join run_context
    where
        receivable_items.document_type = 'invoice'
        and coalesce(receivable_items.disputed_on > receivable_items.settled_on, true)
        and receivable_items.settled_on > cast({{ dbt.dateadd('day', -365, 'run_context.as_of') }} as date)
    group by receivable_items.entity_id, receivable_items.customer_id
),

overdue as (
    select * from receivable_items
    where
        document_type = 'invoice'
        and open_local > 0
        and days_overdue > 0
),

-- What names no instalment is about all of the invoice that was due.
reminded as (
    select
        overdue.document_id,
        overdue.instalment_no,
        reminders.sent_on,
        reminders.dunning_level,
        reminders.channel,
        count(*) over (partition by overdue.document_id, overdue.instalment_no) as reminders_count,
        row_number() over (
            partition by overdue.document_id, overdue.instalment_no
            order by reminders.sent_on desc, reminders.dunning_level desc, reminders.reminder_id desc
        ) as place
    from overdue
    cross join run_context
    inner join reminders
        on
            overdue.document_id = reminders.invoice_id
            and overdue.instalment_no = coalesce(reminders.instalment_no, overdue.instalment_no)
            and run_context.as_of >= reminders.sent_on
),

promised as (
    select
        overdue.document_id,
        overdue.instalment_no,
        promises.payment_promise_id,
        promises.made_on,
        promises.promised_on,
        promises.promised_doc,
        row_number() over (
            partition by overdue.document_id, overdue.instalment_no
            order by promises.made_on desc, promises.payment_promise_id desc
        ) as place
    from overdue
    cross join run_context
    inner join promises
        on
            overdue.document_id = promises.invoice_id
            and overdue.instalment_no = coalesce(promises.instalment_no, overdue.instalment_no)
            and run_context.as_of >= promises.made_on
),

-- The item is still open, so a promise without an amount was not kept once its day has passed.
promises_kept as (
    select
        promised.document_id,
        promised.instalment_no,
        -sum(events.amount_doc) >= max(promised.promised_doc) as is_kept
    from promised
    inner join events
        on
            promised.document_id = events.document_id
            and events.event_on between promised.made_on and promised.promised_on
    where
        events.document_type = 'invoice'
        and promised.place = 1
    group by promised.document_id, promised.instalment_no
)

select
    overdue.entity_id,
    overdue.customer_id,
    overdue.document_id,
    overdue.instalment_no,
    overdue.invoiced_on,
    overdue.due_on,
    overdue.days_overdue,
    overdue.bucket,
    dunning_levels.dunning_level,
    dunning_levels.name as dunning_name,
    overdue.currency,
    overdue.open_local,
    overdue.open_rpt,
    customers_owing.customer_overdue_local,
    customers_owing.customer_unapplied_local,
    habits.customer_mean_days_late,
    overdue.source_system,
    overdue.source_id,
    cast(coalesce(reminded.reminders_count, 0) as integer) as reminders_count,
    reminded.dunning_level as reminded_level,
    reminded_levels.name as reminded_name,
    reminded.sent_on as reminded_on,
    reminded.channel as reminded_by,
    promised.made_on as promise_made_on,
    promised.promised_on,
    promised.promised_doc,
    case
        when promised.promised_on is not null
            then promised.promised_on < run_context.as_of and not coalesce(promises_kept.is_kept, false)
    end as is_promise_broken,
    overdue.is_disputed,
    overdue.disputed_on
from overdue
cross join run_context
inner join customers_owing
    on
        overdue.entity_id = customers_owing.entity_id
        and overdue.customer_id = customers_owing.customer_id
left join habits
    on
        overdue.entity_id = habits.entity_id
        and overdue.customer_id = habits.customer_id
left join dunning_levels
    on
        not overdue.is_disputed
        and overdue.days_overdue >= dunning_levels.from_days_overdue
        and (
            dunning_levels.next_from_days_overdue is null
            or overdue.days_overdue < dunning_levels.next_from_days_overdue
        )
left join reminded
    on
        overdue.document_id = reminded.document_id
        and overdue.instalment_no = reminded.instalment_no
        and reminded.place = 1
left join dunning_levels as reminded_levels on reminded.dunning_level = reminded_levels.dunning_level
left join promised
    on
        overdue.document_id = promised.document_id
        and overdue.instalment_no = promised.instalment_no
        and promised.place = 1
left join promises_kept
    on
        overdue.document_id = promises_kept.document_id
        and overdue.instalment_no = promises_kept.instalment_no
