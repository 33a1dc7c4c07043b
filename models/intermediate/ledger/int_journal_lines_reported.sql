-- One row per line of a journal posted up to the as-of day by a known entity, translated line by line.
-- Null reporting amounts lack a rate: the line is held.
with journal_lines as (select * from {{ ref('int_journal_lines') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

run_context as (select * from {{ ref('int_run_context') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }})

select
    journal_lines.*,
    {{ in_reporting_currency('journal_lines.debit_local') }} as debit_rpt,
    {{ in_reporting_currency('journal_lines.credit_local') }} as credit_rpt
from journal_lines
cross join run_context
inner join entities on journal_lines.entity_id = entities.entity_id
left join reporting_rates
    on
        entities.currency = reporting_rates.currency
        and journal_lines.posted_on = reporting_rates.rate_on
where journal_lines.posted_on <= run_context.as_of
