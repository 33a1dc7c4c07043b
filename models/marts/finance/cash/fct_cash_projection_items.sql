-- One row per method, scenario, layer, document and week in which cash is expected to move: what fct_cash_projection adds
-- up. Positive is cash in. Every open document is in it once, all at the as-of day's rates. Method due_date: not yet due, in
-- the week it falls due; overdue, in equal parts over as many weeks as the entity's counterparties were late on average in
-- the last year (2 to 13); credit notes, debit notes and unapplied payments like the overdue, which they will be set
-- against. Method payment_history: shared out over the weeks by the chance to be paid in each; what is expected after the
-- thirteen weeks is one row with is_after_horizon, so that a document's rows add up to what is open of it. An invoice in dispute
-- is nothing but such a row in both: nobody can say when it will be paid.
with receivable_items as (select * from {{ ref('fct_receivable_items') }} where open_local <> 0),

payable_items as (select * from {{ ref('fct_payable_items') }} where open_local <> 0),

mean_days_late as (select * from {{ ref('mean_days_late') }}),

scheduled_flows as (select * from {{ ref('scheduled_flows') }}),

weeks as (select * from {{ ref('projection_weeks') }}),

run_context as (select * from {{ ref('int_run_context') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

expected_lines as (select * from {{ ref('int_cash_lines') }} where period_kind = 'week' and layer <> 'bank'),

methods as (select * from {{ ref('int_cash_methods') }}),

open_items as (
    select
        'receivables' as layer,
        'in' as direction,
        entity_id,
        document_type,
        document_id,
        instalment_no,
        due_on,
        document_type = 'invoice' as has_due_date,
        is_disputed,
        open_rpt as amount_rpt
    from receivable_items
    union all
    select
        'payables' as layer,
        'out' as direction,
        entity_id,
        document_type,
        document_id,
        1 as instalment_no,
        due_on,
        document_type = 'bill' as has_due_date,
        false as is_disputed,
        -open_rpt as amount_rpt
    from payable_items
),

timed_items as (
    select
        open_items.*,
        open_items.has_due_date and open_items.due_on > run_context.as_of as is_due_later,
        coalesce(mean_days_late.overdue_weeks, 2) as overdue_weeks
    from open_items
    cross join run_context
    left join mean_days_late
        on
            open_items.direction = mean_days_late.direction
            and open_items.entity_id = mean_days_late.entity_id
    where open_items.amount_rpt is not null
),

due_later as (
    select
        timed_items.layer,
        timed_items.entity_id,
        timed_items.document_type,
        timed_items.document_id,
        timed_items.instalment_no,
        weeks.week_on,
        timed_items.amount_rpt
    from timed_items
    inner join weeks on timed_items.due_on between weeks.week_on and weeks.week_end_on
    where timed_items.is_due_later and not timed_items.is_disputed
),

-- The last part takes the cents that equal parts leave over.
spread_out as (
    select
        timed_items.layer,
        timed_items.entity_id,
        timed_items.document_type,
        timed_items.document_id,
        timed_items.instalment_no,
        weeks.week_on,
        case
            when weeks.week_no < timed_items.overdue_weeks - 1
                then {{ money('timed_items.amount_rpt / timed_items.overdue_weeks') }}
            else
                timed_items.amount_rpt
                - (timed_items.overdue_weeks - 1) * {{ money('timed_items.amount_rpt / timed_items.overdue_weeks') }}
        end as amount_rpt
    from timed_items
    inner join weeks on timed_items.overdue_weeks > weeks.week_no
    where not timed_items.is_due_later and not timed_items.is_disputed
),

last_weeks as (
    select max(week_end_on) as week_end_on
    from weeks
),

-- Nobody can say when a dispute ends: not within these weeks.
disputed as (
    select
        timed_items.layer,
        timed_items.entity_id,
        timed_items.document_type,
        timed_items.document_id,
        timed_items.instalment_no,
        cast({{ dbt.dateadd('day', 1, 'last_weeks.week_end_on') }} as date) as week_on,
        timed_items.amount_rpt
    from timed_items
    cross join last_weeks
    where timed_items.is_disputed
),

scheduled as (
    select
        scheduled_flows.layer,
        scheduled_flows.entity_id,
        scheduled_flows.document_type,
        scheduled_flows.document_id,
        1 as instalment_no,
        weeks.week_on,
        case
            when scheduled_flows.currency = weeks.reporting_currency then scheduled_flows.amount_doc
            else {{ converted('scheduled_flows.amount_doc', 'reporting_rates.rate') }}
        end as amount_rpt
    from scheduled_flows
    inner join weeks on scheduled_flows.expected_on between weeks.week_on and weeks.week_end_on
    left join reporting_rates
        on
            scheduled_flows.currency = reporting_rates.currency
            and weeks.as_of = reporting_rates.rate_on
),

every_flow as (
    select due_later.*, false as is_after_horizon
    from due_later
    union all
    select spread_out.*, false as is_after_horizon
    from spread_out
    union all
    select scheduled.*, false as is_after_horizon
    from scheduled
    union all
    select disputed.*, true as is_after_horizon
    from disputed
),

by_due_date as (
    select
        'due_date' as method,
        'base' as scenario,
        layer,
        entity_id,
        document_type,
        document_id,
        cast(instalment_no as integer) as instalment_no,
        week_on,
        {{ money('sum(amount_rpt)') }} as amount_rpt,
        is_after_horizon
    from every_flow
    where amount_rpt is not null
    group by layer, entity_id, document_type, document_id, instalment_no, week_on, is_after_horizon
),

by_payment_history as (
    select
        'payment_history' as method,
        scenario,
        layer,
        entity_id,
        document_type,
        document_id,
        instalment_no,
        period_on as week_on,
        {{ money('cast(sum(amount_rpt_cents) as decimal(18, 2)) / 100') }} as amount_rpt,
        is_after_horizon,
        max(category) as category,
        max(counterparty_id) as counterparty_id,
        max(currency) as currency,
        max(bank_account_id) as bank_account_id,
        {{ money('cast(sum(amount_doc_cents) as decimal(18, 2)) / 100') }} as amount_doc
    from expected_lines
    group by scenario, layer, entity_id, document_type, document_id, instalment_no, period_on, is_after_horizon
),

every_item as (
    select
        method, scenario, layer, entity_id, document_type, document_id, instalment_no, week_on, amount_rpt, is_after_horizon,
        cast(null as varchar) as category,
        cast(null as varchar) as counterparty_id,
        cast(null as varchar) as currency,
        cast(null as varchar) as bank_account_id,
        cast(null as decimal(18, 2)) as amount_doc
    from by_due_date
    union all
    select
        method, scenario, layer, entity_id, document_type, document_id, instalment_no, week_on, amount_rpt, is_after_horizon,
        category, counterparty_id, currency, bank_account_id, amount_doc
    from by_payment_history
)

select
    every_item.method,
    every_item.scenario,
    every_item.layer,
    every_item.entity_id,
    every_item.document_type,
    every_item.document_id,
    every_item.instalment_no,
    every_item.week_on,
    every_item.amount_rpt,
    methods.is_chosen,
    every_item.is_after_horizon,
    every_item.category,
    every_item.counterparty_id,
    every_item.currency,
    every_item.bank_account_id,
    every_item.amount_doc,
    coalesce(receivable_items.is_disputed, false) as is_disputed
from every_item
inner join methods on every_item.method = methods.method
left join receivable_items
    on
        every_item.layer = 'receivables'
        and every_item.document_type = receivable_items.document_type
        and every_item.document_id = receivable_items.document_id
        and every_item.instalment_no = receivable_items.instalment_no
