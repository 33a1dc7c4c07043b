-- A returned row means that lines of invoices or credit notes went missing on the way to the mart, or were counted twice.
with run_context as (select * from {{ ref('int_run_context') }}),

lines as (
    select 'invoice_line' as entity, invoiced_on as event_on
    from {{ ref('int_invoice_lines') }}
    union all
    select 'credit_note_line' as entity, credited_on as event_on
    from {{ ref('int_credit_note_lines') }}
),

every_count as (
    select lines.entity, 1 as loaded_count, 0 as published_count, 0 as held_count
    from lines
    cross join run_context
    where lines.event_on is null or lines.event_on <= run_context.as_of
    union all
    select document_type || '_line' as entity, 0 as loaded_count, 1 as published_count, 0 as held_count
    from {{ ref('fct_invoice_lines') }}
    union all
    select entity, 0 as loaded_count, 0 as published_count, 1 as held_count
    from {{ ref('fct_held_rows') }}
    where entity in ('invoice_line', 'credit_note_line')
)

select
    entity,
    sum(loaded_count) as loaded_count,
    sum(published_count) as published_count,
    sum(held_count) as held_count
from every_count
group by entity
having sum(loaded_count) <> sum(published_count) + sum(held_count)
