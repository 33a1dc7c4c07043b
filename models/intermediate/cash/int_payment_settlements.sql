-- One row per document instalment, day and cause of what settled it up to the as-of day: a payment, or a credit note.
-- What settles an invoice settles its oldest instalment first. At the as-of day's rate, like the documents.
{{ config(materialized='table') }}

with documents as (select * from {{ ref('int_payment_documents') }}),

receivable_events as (select * from {{ ref('fct_receivable_events') }}),

payable_events as (select * from {{ ref('fct_payable_events') }}),

applied as (
    select
        document_type,
        document_id,
        event_on,
        cause_type = 'payment' as is_payment,
        -sum(amount_local) as amount_local
    from receivable_events
    where document_type = 'invoice' and event_type = 'applied'
    group by document_type, document_id, event_on, cause_type
    union all
    select
        document_type,
        document_id,
        event_on,
        cause_type = 'bill_payment' as is_payment,
        -sum(amount_local) as amount_local
    from payable_events
    where document_type = 'bill' and event_type = 'applied'
    group by document_type, document_id, event_on, cause_type
),

running as (
    select
        *,
        sum(amount_local) over (
            partition by document_type, document_id
            order by event_on, is_payment rows between unbounded preceding and current row
        ) as settled_local
    from applied
),

shared_out as (
    select
        documents.document_type,
        documents.document_id,
        documents.instalment_no,
        running.event_on as settled_on,
        running.is_payment,
        documents.gross_rpt,
        documents.gross_local,
        least(running.settled_local, documents.due_before_local + documents.gross_local)
        - greatest(running.settled_local - running.amount_local, documents.due_before_local) as amount_local
    from running
    inner join documents
        on
            running.document_type = documents.document_type
            and running.document_id = documents.document_id
)

select
    document_type,
    document_id,
    instalment_no,
    settled_on,
    is_payment,
    {{ money('gross_rpt * (cast(amount_local as double) / cast(gross_local as double))') }} as amount_rpt
from shared_out
where amount_local > 0
