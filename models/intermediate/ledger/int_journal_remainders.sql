-- One row per journal whose two sides differ: in local currency, which is a fault of the ledger, or only after
-- translation, which is rounding. The rounding goes on the journal's largest line, named here.
{{ config(materialized='table') }}

with journal_lines as (select * from {{ ref('int_journal_lines_reported') }}),

journals as (
    select
        journal_id,
        entity_id,
        min(posted_on) as posted_on,
        {{ money('sum(debit_local) - sum(credit_local)') }} as difference_local,
        {{ money('sum(debit_rpt) - sum(credit_rpt)') }} as difference_rpt,
        max(debit_local + credit_local) as largest_local
    from journal_lines
    group by journal_id, entity_id
    having
        sum(debit_local) <> sum(credit_local)
        or sum(debit_rpt) <> sum(credit_rpt)
),

largest_lines as (
    select
        journals.journal_id,
        journals.entity_id,
        min(journal_lines.journal_line_id) as journal_line_id
    from journals
    inner join journal_lines
        on
            journals.journal_id = journal_lines.journal_id
            and journals.entity_id = journal_lines.entity_id
            and journals.largest_local = journal_lines.debit_local + journal_lines.credit_local
    where journals.difference_local = 0
    group by journals.journal_id, journals.entity_id
)

select
    journals.journal_id,
    journals.entity_id,
    journals.posted_on,
    largest_lines.journal_line_id,
    journals.difference_local,
    journals.difference_rpt
from journals
left join largest_lines
    on
        journals.journal_id = largest_lines.journal_id
        and journals.entity_id = largest_lines.entity_id
