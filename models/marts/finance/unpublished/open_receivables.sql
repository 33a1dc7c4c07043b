-- One row per month end (and the as-of day) and invoice instalment, credit note or payment that stood open on it. Each row
-- counts what was open on its day: later applications do not leak in.
with events as (select * from {{ ref('fct_receivable_events') }}),

instalments as (select * from {{ ref('int_receivable_instalments') }}),

month_ends as (select * from {{ ref('int_month_ends') }}),

documents as (
    select
        document_type,
        document_id,
        entity_id,
        customer_id,
        min(event_on) as first_on,
        max(event_on) as last_on,
        min(case when event_type = 'posted' then event_on end) as posted_on,
        sum(case when event_type = 'posted' then amount_local else 0 end) as posted_local,
        sum(amount_local) as balance_local,
        count(*) as events_count
    from events
    group by document_type, document_id, entity_id, customer_id
),

-- Most documents are settled within the month and never stand open at its end.
open_at_month_ends as (
    select
        documents.document_type,
        documents.document_id,
        documents.entity_id,
        documents.customer_id,
        documents.posted_local,
        -- Posted, then settled at once: between the two days it stands at its full amount.
        documents.events_count = 1
        or (documents.events_count = 2 and documents.balance_local = 0 and documents.posted_on = documents.first_on)
            as is_open_in_full,
        month_ends.as_of_on
    from documents
    inner join month_ends
        on
            documents.first_on <= month_ends.as_of_on
            and (documents.balance_local <> 0 or documents.last_on > month_ends.as_of_on)
),

open_in_part as (
    select
        open_at_month_ends.document_type,
        open_at_month_ends.document_id,
        open_at_month_ends.as_of_on,
        sum(events.amount_local) as open_local
    from open_at_month_ends
    inner join events
        on
            open_at_month_ends.document_type = events.document_type
            and open_at_month_ends.document_id = events.document_id
            and open_at_month_ends.as_of_on >= events.event_on
    where not open_at_month_ends.is_open_in_full
    group by open_at_month_ends.document_type, open_at_month_ends.document_id, open_at_month_ends.as_of_on
),

open_documents as (
    select
        open_at_month_ends.document_type,
        open_at_month_ends.document_id,
        open_at_month_ends.entity_id,
        open_at_month_ends.customer_id,
        open_at_month_ends.as_of_on,
        open_at_month_ends.posted_local,
        {{ money(
            'case when open_at_month_ends.is_open_in_full then open_at_month_ends.posted_local'
            ~ ' else open_in_part.open_local end'
        ) }} as open_local
    from open_at_month_ends
    left join open_in_part
        on
            open_at_month_ends.document_type = open_in_part.document_type
            and open_at_month_ends.document_id = open_in_part.document_id
            and open_at_month_ends.as_of_on = open_in_part.as_of_on
),

open_items as (
    select
        open_documents.as_of_on,
        open_documents.document_type,
        open_documents.document_id,
        instalments.instalment_no,
        open_documents.entity_id,
        open_documents.customer_id,
        instalments.due_on,
        {{ ageing_bucket(dbt.datediff('instalments.due_on', 'open_documents.as_of_on', 'day')) }} as bucket,
        {{ money(
            'instalments.gross_local - '
            ~ settled_of_instalment('(open_documents.posted_local - open_documents.open_local)', 'instalments')
        ) }} as open_local,
        coalesce(instalments.disputed_on <= open_documents.as_of_on, false)
        and coalesce(instalments.dispute_ended_on > open_documents.as_of_on, true) as is_disputed
    from open_documents
    inner join instalments on open_documents.document_id = instalments.invoice_id
    where open_documents.document_type = 'invoice'
    union all
    select
        as_of_on,
        document_type,
        document_id,
        1 as instalment_no,
        entity_id,
        customer_id,
        null as due_on,
        'unapplied' as bucket,
        open_local,
        false as is_disputed
    from open_documents
    where document_type <> 'invoice'
)

select * from open_items
where open_local <> 0
