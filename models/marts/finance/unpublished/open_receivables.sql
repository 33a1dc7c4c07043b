-- One row per month end (and the as-of day) and invoice instalment, credit note or payment that stood open on it. Each row
-- counts what was open on its day: later applications do not leak in.
with events as (select * from {{ ref('fct_receivable_events') }}),

instalments as (select * from {{ ref('int_receivable_instalments') }}),

month_ends as (select * from {{ ref('int_month_ends') }}),

{{ documents_open_at_month_ends('customer_id') }},

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
