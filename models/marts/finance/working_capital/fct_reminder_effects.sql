-- One row per entity, customer segment, dunning step, month of the reminder and window (7, 14 and 30 days): what was open and
-- reminded, what of it was settled within the window, and what of it would have been expected without the reminder.
-- Expected is what invoices of the same step's run and of the same age in days, not reminded by then, settled in the same
-- time: held back by lot or by hand. A reminder whose age no such invoice has is counted as reminded and not as compared.
-- Only windows that are over count. Group companies are left out, and what was disputed: it waits for something else.
with reminders as (
    select reminders.*
    from {{ ref('int_reminders') }} as reminders
    cross join {{ ref('int_run_context') }} as run_context
    where reminders.sent_on <= run_context.as_of
),

customers as (select * from {{ ref('int_customers') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

events as (select * from {{ ref('fct_receivable_events') }} where event_type = 'applied' and document_type = 'invoice'),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

run_context as (select * from {{ ref('int_run_context') }}),

dunning_levels as (select * from {{ ref('dunning_levels') }}),

instalments as (
    select
        instalments.*,
        coalesce(customers.segment, 'none') as segment
    from {{ ref('int_receivable_instalments') }} as instalments
    left join customers on instalments.customer_id = customers.customer_id
    where customers.intercompany_entity_id is null and instalments.disputed_on is null
),

-- What names no instalment is about all of the invoice that was due.
reminded as (
    select
        instalments.invoice_id,
        instalments.instalment_no,
        instalments.entity_id,
        reminders.dunning_level,
        min(reminders.sent_on) as sent_on
    from reminders
    inner join instalments
        on
            reminders.invoice_id = instalments.invoice_id
            and instalments.instalment_no = coalesce(reminders.instalment_no, instalments.instalment_no)
            and reminders.sent_on > instalments.due_on
    group by instalments.invoice_id, instalments.instalment_no, instalments.entity_id, reminders.dunning_level
),

-- The days on which a step was run, and the ages at which its reminders went out.
runs as (
    select distinct entity_id, dunning_level, sent_on from reminded
),

ages as (
    select distinct
        reminded.dunning_level,
        {{ dbt.datediff('instalments.due_on', 'reminded.sent_on', 'day') }} as age_days
    from reminded
    inner join instalments
        on
            reminded.invoice_id = instalments.invoice_id
            and reminded.instalment_no = instalments.instalment_no
),

-- Every invoice that was as old on the day of the run, reminded in it or not; who was reminded before is neither.
in_run as (
    select
        instalments.invoice_id,
        instalments.instalment_no,
        runs.dunning_level,
        runs.sent_on,
        ages.age_days,
        max(case when reminded.sent_on = runs.sent_on and reminded.dunning_level = runs.dunning_level then 1 else 0 end) = 1
            as is_reminded,
        max(case when reminded.sent_on < runs.sent_on or reminded.dunning_level > runs.dunning_level then 1 else 0 end) = 1
            as was_reminded
    from runs
    inner join ages on runs.dunning_level = ages.dunning_level
    inner join instalments
        on
            runs.entity_id = instalments.entity_id
            and cast({{ dbt.dateadd('day', '-ages.age_days', 'runs.sent_on') }} as date) = instalments.due_on
    left join reminded
        on
            instalments.invoice_id = reminded.invoice_id
            and instalments.instalment_no = reminded.instalment_no
            and runs.dunning_level <= reminded.dunning_level
            and runs.sent_on >= reminded.sent_on
    group by instalments.invoice_id, instalments.instalment_no, runs.dunning_level, runs.sent_on, ages.age_days
),

spans as (
    select spans.window_days
    from (values (0), (7), (14), (30)) as spans (window_days)
),

settled as (
    select
        in_run.invoice_id,
        in_run.instalment_no,
        in_run.dunning_level,
        in_run.sent_on,
        in_run.age_days,
        in_run.is_reminded,
        spans.window_days,
        coalesce(-sum(events.amount_local), 0) as settled_local
    from in_run
    cross join spans
    cross join run_context
    left join events
        on
            in_run.invoice_id = events.document_id
            and events.event_on <= cast({{ dbt.dateadd('day', 'spans.window_days', 'in_run.sent_on') }} as date)
    where
        not in_run.was_reminded
        and cast({{ dbt.dateadd('day', 'spans.window_days', 'in_run.sent_on') }} as date) <= run_context.as_of
    group by
        in_run.invoice_id, in_run.instalment_no, in_run.dunning_level, in_run.sent_on, in_run.age_days, in_run.is_reminded,
        spans.window_days
),

standing as (
    select
        settled.invoice_id,
        settled.instalment_no,
        settled.dunning_level,
        settled.sent_on,
        settled.age_days,
        settled.is_reminded,
        settled.window_days,
        instalments.entity_id,
        instalments.segment,
        entities.currency,
        entities.is_reporting_currency,
        instalments.gross_local - {{ settled_of_instalment('settled.settled_local', 'instalments') }} as open_local
    from settled
    inner join instalments
        on
            settled.invoice_id = instalments.invoice_id
            and settled.instalment_no = instalments.instalment_no
    inner join entities on instalments.entity_id = entities.entity_id
),

-- Open on the day of the run and at the end of the window, both at the rate of the day of the run: no rate moves the share.
outcomes as (
    select
        later.dunning_level,
        later.sent_on,
        later.age_days,
        later.is_reminded,
        later.window_days,
        later.entity_id,
        later.segment,
        case
            when later.is_reporting_currency then at_run.open_local
            else {{ converted('at_run.open_local', 'reporting_rates.rate') }}
        end as open_rpt,
        case
            when later.is_reporting_currency then at_run.open_local - later.open_local
            else {{ converted('(at_run.open_local - later.open_local)', 'reporting_rates.rate') }}
        end as paid_rpt,
        case when later.open_local <= 0 then 1 else 0 end as paid_count
    from standing as later
    inner join standing as at_run
        on
            later.invoice_id = at_run.invoice_id
            and later.instalment_no = at_run.instalment_no
            and later.dunning_level = at_run.dunning_level
            and later.sent_on = at_run.sent_on
    left join reporting_rates
        on
            later.currency = reporting_rates.currency
            and later.sent_on = reporting_rates.rate_on
    where
        later.window_days > 0
        and at_run.window_days = 0
        and at_run.open_local > 0
),

comparable as (
    select
        dunning_level,
        window_days,
        age_days,
        count(*) as items_count,
        sum(paid_count) as paid_count,
        sum(open_rpt) as open_rpt,
        sum(paid_rpt) as paid_rpt
    from outcomes
    where not is_reminded
    group by dunning_level, window_days, age_days
    having sum(open_rpt) > 0
),

compared as (
    select
        outcomes.entity_id,
        outcomes.segment,
        outcomes.dunning_level,
        {{ month_of('outcomes.sent_on') }} as month_on,
        outcomes.window_days,
        outcomes.paid_count,
        outcomes.open_rpt,
        outcomes.paid_rpt,
        case when comparable.items_count is null then 0 else 1 end as compared_count,
        {{ ratio('comparable.paid_count', 'comparable.items_count') }} as expected_count,
        {{ money('outcomes.open_rpt * ' ~ ratio('comparable.paid_rpt', 'comparable.open_rpt')) }} as expected_rpt
    from outcomes
    left join comparable
        on
            outcomes.dunning_level = comparable.dunning_level
            and outcomes.window_days = comparable.window_days
            and outcomes.age_days = comparable.age_days
    where outcomes.is_reminded
),

summed as (
    select
        entity_id,
        segment,
        dunning_level,
        month_on,
        window_days,
        count(*) as reminded_count,
        sum(paid_count) as paid_count,
        sum(compared_count) as compared_count,
        sum(paid_count * compared_count) as compared_paid_count,
        sum(expected_count) as expected_paid_count,
        sum(open_rpt) as reminded_rpt,
        sum(paid_rpt) as paid_rpt,
        sum(open_rpt * compared_count) as compared_rpt,
        sum(paid_rpt * compared_count) as compared_paid_rpt,
        sum(expected_rpt) as expected_paid_rpt
    from compared
    group by entity_id, segment, dunning_level, month_on, window_days
)

select
    summed.entity_id,
    summed.segment,
    cast(summed.dunning_level as integer) as dunning_level,
    dunning_levels.name as dunning_name,
    summed.month_on,
    cast(summed.window_days as integer) as window_days,
    cast(summed.reminded_count as bigint) as reminded_count,
    cast(summed.paid_count as bigint) as paid_count,
    cast(summed.compared_count as bigint) as compared_count,
    cast(summed.compared_paid_count as bigint) as compared_paid_count,
    cast(coalesce(summed.expected_paid_count, 0) as double) as expected_paid_count,
    {{ money('summed.reminded_rpt') }} as reminded_rpt,
    {{ money('summed.paid_rpt') }} as paid_rpt,
    {{ money('summed.compared_rpt') }} as compared_rpt,
    {{ money('summed.compared_paid_rpt') }} as compared_paid_rpt,
    {{ money('coalesce(summed.expected_paid_rpt, 0)') }} as expected_paid_rpt,
    {{ ratio('summed.paid_rpt', 'summed.reminded_rpt') }} as paid_ratio,
    {{ ratio('summed.expected_paid_rpt', 'summed.compared_rpt') }} as expected_paid_ratio,
    {{ ratio('(summed.compared_paid_rpt - summed.expected_paid_rpt)', 'summed.compared_rpt') }} as effect_ratio
from summed
left join dunning_levels on summed.dunning_level = dunning_levels.dunning_level
