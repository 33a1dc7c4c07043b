-- One row per subledger, entity and month with an event, and one per document and month in which it stood wrong on some day:
-- an open item is never more than its document is worth, nor on its other side. Of a document whose journal or application
-- is in quarantine or held, what is beyond is set aside. A cent per application of a document in a foreign currency is rounding.
with receivable_events as (select * from {{ ref('fct_receivable_events') }}),

payable_events as (select * from {{ ref('fct_payable_events') }}),

named_documents as (select * from {{ ref('int_named_documents') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

events as (
    select
        'receivable' as subledger, entity_id, month_on, source_system, document_type, document_id, event_type, event_on,
        amount_local, amount_doc
    from receivable_events
    union all
    select
        'payable' as subledger, entity_id, month_on, source_system, document_type, document_id, event_type, event_on,
        amount_local, amount_doc
    from payable_events
),

documents as (
    select
        subledger,
        document_type,
        document_id,
        sum(case when event_type = 'posted' then amount_local else 0 end) as posted_local,
        max(case when event_type = 'posted' and amount_doc <> amount_local then 1 else 0 end) as is_foreign,
        min(case when event_type = 'posted' then event_on end) as posted_on,
        min(case when event_type <> 'posted' then event_on end) as first_applied_on,
        min(case when event_type <> 'posted' then amount_local end) as least_applied_local,
        max(case when event_type <> 'posted' then amount_local end) as most_applied_local,
        sum(amount_local) as open_local
    from events
    group by subledger, document_type, document_id
),

-- A document that is posted first, is only ever lowered, and ends between nothing and its value, was within it on every day.
doubtful as (
    select * from documents
    where
        first_applied_on < posted_on
        or (posted_local >= 0 and (most_applied_local > 0 or open_local < 0))
        or (posted_local <= 0 and (least_applied_local < 0 or open_local > 0))
),

daily as (
    select
        events.subledger,
        events.document_type,
        events.document_id,
        events.entity_id,
        events.source_system,
        events.event_on,
        events.month_on,
        doubtful.posted_local,
        doubtful.is_foreign,
        sum(sum(events.amount_local)) over (
            partition by events.subledger, events.document_type, events.document_id
            order by events.event_on
            rows between unbounded preceding and current row
        ) as open_local,
        sum(count(*)) over (
            partition by events.subledger, events.document_type, events.document_id
            order by events.event_on
            rows between unbounded preceding and current row
        ) as events_count
    from events
    inner join doubtful
        on
            events.subledger = doubtful.subledger
            and events.document_type = doubtful.document_type
            and events.document_id = doubtful.document_id
    group by
        events.subledger, events.document_type, events.document_id, events.entity_id, events.source_system,
        events.event_on, events.month_on, doubtful.posted_local, doubtful.is_foreign
),

judged as (
    select
        *,
        case
            when open_local * posted_local < 0 or posted_local = 0 then abs(open_local)
            else greatest(abs(open_local) - abs(posted_local), 0)
        end as beyond_local
    from daily
),

worst as (
    select
        *,
        row_number() over (
            partition by subledger, document_type, document_id, month_on
            order by beyond_local desc, event_on asc
        ) as place
    from judged
    where beyond_local > 0.01 * is_foreign * events_count
),

found as (
    select
        worst.subledger,
        worst.entity_id,
        worst.month_on,
        worst.document_type,
        worst.document_id,
        worst.event_on,
        worst.open_local,
        worst.posted_local,
        worst.beyond_local,
        case when named.cause = 'quarantined' then worst.beyond_local else 0 end as quarantined_local,
        case when named.cause = 'held' then worst.beyond_local else 0 end as held_local
    from worst
    left join named_documents as named
        on
            worst.source_system = named.source_system
            and worst.document_type = named.document_type
            and substring(worst.document_id, length(worst.source_system) + 2) = named.document_id
    where worst.place = 1
),

months as (
    select distinct subledger, entity_id, month_on from events
),

-- What is beyond, not what is open: a document too high must not make good for one too low.
by_month as (
    select
        months.subledger,
        months.entity_id,
        months.month_on,
        coalesce(sum(found.beyond_local), 0) as beyond_local,
        coalesce(sum(found.quarantined_local), 0) as quarantined_local,
        coalesce(sum(found.held_local), 0) as held_local
    from months
    left join found
        on
            months.subledger = found.subledger
            and months.entity_id = found.entity_id
            and months.month_on = found.month_on
    group by months.subledger, months.entity_id, months.month_on
),

every_row as (
    select
        entity_id, month_on,
        subledger || ' items open beyond their documents' as left_label, beyond_local as left_local,
        'nothing' as right_label, 0 as right_local,
        quarantined_local, held_local, beyond_local - quarantined_local - held_local as difference_local
    from by_month
    union all
    select
        entity_id, month_on,
        document_type || ' ' || document_id || ', open on ' || cast(event_on as varchar) as left_label,
        open_local as left_local,
        'worth' as right_label, posted_local as right_local,
        quarantined_local, held_local, beyond_local - quarantined_local - held_local as difference_local
    from found
)

select
    'open_items_within_documents' as check_name,
    every_row.entity_id,
    every_row.month_on as period_on,
    entities.currency,
    every_row.left_label,
    every_row.left_local,
    every_row.right_label,
    every_row.right_local,
    every_row.quarantined_local,
    every_row.held_local,
    every_row.difference_local,
    true as is_covered
from every_row
left join entities on every_row.entity_id = entities.entity_id
