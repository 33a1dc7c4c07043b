-- One row per method, month end of the last year, entity, layer and week after it: what the projection of that day
-- would have expected of the invoices and bills then open, and what was then settled by payment on the same documents.
-- Nothing that was learned later is used: open amounts, due dates and habits of paying are those of the day. Only weeks
-- that have passed. Money not applied and credit notes are left out of both sides. Positive is cash in; both sides at the
-- rate of the day of the projection, so that the error is not one of currency.
with open_receivables as (select * from {{ ref('open_receivables') }} where document_type = 'invoice'),

open_payables as (select * from {{ ref('open_payables') }} where document_type = 'bill'),

receivable_events as (select * from {{ ref('fct_receivable_events') }}),

payable_events as (select * from {{ ref('fct_payable_events') }}),

mean_days_late as (select * from {{ ref('mean_days_late_at_month_ends') }}),

weeks as (select * from {{ ref('projection_weeks') }}),

run_context as (select * from {{ ref('int_run_context') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

open_items as (
    select 'receivables' as layer, 'in' as direction, as_of_on, entity_id, document_id, due_on, open_local
    from open_receivables
    union all
    select 'payables' as layer, 'out' as direction, as_of_on, entity_id, document_id, due_on, -open_local as open_local
    from open_payables
),

judged_items as (
    select open_items.*
    from open_items
    cross join run_context
    where
        open_items.as_of_on > cast({{ dbt.dateadd('month', -12, 'run_context.as_of') }} as date)
        and open_items.as_of_on < run_context.as_of
),

-- Weeks are seven days from the day after the projection, so that all origins have whole weeks.
timed_items as (
    select
        judged_items.*,
        cast({{ dbt.datediff('judged_items.as_of_on', 'judged_items.due_on', 'day') }} as integer) as days_until_due,
        coalesce(mean_days_late.overdue_weeks, 2) as overdue_weeks
    from judged_items
    left join mean_days_late
        on
            judged_items.direction = mean_days_late.direction
            and judged_items.entity_id = mean_days_late.entity_id
            and judged_items.as_of_on = mean_days_late.as_of_on
),

expected as (
    select
        timed_items.as_of_on,
        timed_items.layer,
        timed_items.entity_id,
        weeks.week_no,
        case
            when timed_items.days_until_due > 0 then timed_items.open_local
            else cast(timed_items.open_local / timed_items.overdue_weeks as decimal(18, 2))
        end as projected_local,
        cast(0 as decimal(18, 2)) as actual_local
    from timed_items
    inner join weeks
        on
            (
                timed_items.days_until_due > 0
                and timed_items.days_until_due between 7 * weeks.week_no + 1 and 7 * weeks.week_no + 7
            )
            or (timed_items.days_until_due <= 0 and timed_items.overdue_weeks > weeks.week_no)
),

open_documents as (
    select distinct layer, as_of_on, entity_id, document_id
    from judged_items
),

paid as (
    select 'receivables' as layer, document_id, event_on, -amount_local as amount_local
    from receivable_events
    where document_type = 'invoice' and event_type = 'applied' and cause_type = 'payment'
    union all
    select 'payables' as layer, document_id, event_on, amount_local
    from payable_events
    where document_type = 'bill' and event_type = 'applied' and cause_type = 'bill_payment'
),

happened as (
    select
        open_documents.as_of_on,
        open_documents.layer,
        open_documents.entity_id,
        weeks.week_no,
        cast(0 as decimal(18, 2)) as projected_local,
        paid.amount_local as actual_local
    from open_documents
    inner join paid
        on
            open_documents.layer = paid.layer
            and open_documents.document_id = paid.document_id
            and open_documents.as_of_on < paid.event_on
    inner join weeks
        on
            cast({{ dbt.datediff('open_documents.as_of_on', 'paid.event_on', 'day') }} as integer)
            between 7 * weeks.week_no + 1 and 7 * weeks.week_no + 7
),

both_sides as (
    select * from expected
    union all
    select * from happened
),

compared as (
    select
        as_of_on,
        layer,
        entity_id,
        week_no,
        {{ money('sum(projected_local)') }} as projected_local,
        {{ money('sum(actual_local)') }} as actual_local
    from both_sides
    group by as_of_on, layer, entity_id, week_no
),

reported as (
    select
        compared.as_of_on,
        compared.layer,
        compared.entity_id,
        compared.week_no,
        {{ in_reporting_currency('compared.projected_local') }} as projected_rpt,
        {{ in_reporting_currency('compared.actual_local') }} as actual_rpt
    from compared
    cross join run_context
    inner join entities on compared.entity_id = entities.entity_id
    left join reporting_rates
        on
            entities.currency = reporting_rates.currency
            and compared.as_of_on = reporting_rates.rate_on
    where cast({{ dbt.dateadd('day', '7 * compared.week_no + 7', 'compared.as_of_on') }} as date) <= run_context.as_of
)

select
    'due_date' as method,
    as_of_on as projected_on,
    entity_id,
    layer,
    week_no,
    projected_rpt,
    actual_rpt,
    {{ money('projected_rpt - actual_rpt') }} as error_rpt,
    {{ money('abs(projected_rpt - actual_rpt)') }} as absolute_error_rpt
from reported
where projected_rpt is not null
