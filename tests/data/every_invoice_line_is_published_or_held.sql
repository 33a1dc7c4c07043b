-- A returned row means that lines of invoices or credit notes went missing on the way to the mart, or were counted twice.
-- A line is held with its document (the document is the held row) or as an orphan.
with run_context as (select * from {{ ref('int_run_context') }}),

lines as (
    select 'invoice' as document_type, source_system, invoice_id as document_id, invoiced_on as event_on, entity_id
    from {{ ref('int_invoice_lines') }}
    union all
    select 'credit_note' as document_type, source_system, credit_note_id as document_id, credited_on as event_on, entity_id
    from {{ ref('int_credit_note_lines') }}
),

held as (
    select
        document_type,
        source_system || ':' || document_id as document_id
    from {{ ref('fct_held_rows') }}
    where entity in ('invoice', 'credit_note')
),

loaded as (
    select
        lines.document_type,
        sum(case when lines.entity_id is null or held.document_id is not null then 0 else 1 end) as expected_count
    from lines
    cross join run_context
    left join held
        on
            lines.document_type = held.document_type
            and lines.document_id = held.document_id
    where coalesce(lines.event_on, run_context.as_of) <= run_context.as_of
    group by lines.document_type
),

published as (
    select
        document_type,
        count(*) as published_count
    from {{ ref('fct_invoice_lines') }}
    group by document_type
)

select
    loaded.document_type,
    loaded.expected_count,
    published.published_count
from loaded
left join published on loaded.document_type = published.document_type
where loaded.expected_count <> coalesce(published.published_count, 0)
