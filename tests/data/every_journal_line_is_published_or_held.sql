-- A returned row means that journal lines went missing between the raw table and the mart, or were counted twice.
with run_context as (select * from {{ ref('int_run_context') }}),

loaded as (
    select count(*) as lines_count
    from {{ ref('int_journal_lines') }} as journal_lines
    cross join run_context
    where journal_lines.posted_on <= run_context.as_of
),

published as (select count(*) as lines_count from {{ ref('fct_journal_lines') }}),

held as (select count(*) as lines_count from {{ ref('fct_held_rows') }} where entity = 'journal_line')

select
    loaded.lines_count as loaded_count,
    published.lines_count as published_count,
    held.lines_count as held_count
from loaded
cross join published
cross join held
where loaded.lines_count <> published.lines_count + held.lines_count
