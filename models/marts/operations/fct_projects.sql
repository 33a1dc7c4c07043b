-- One row per project begun by the as-of day: plan, actual to date, what is left, margin at completion, unbilled, milestones.
-- What was billed and spent is at the rates of its days; what is earned and not billed, and what is still to come, at the
-- as-of day's. Work on time and materials earns its hours at their rate, a fixed price its share of the hours, a closed
-- project what was billed. What is left: planned hours less worked; where those are used up, the pace of the last 28 days until
-- the planned end.
with projects as (select * from {{ ref('int_projects') }}),

monthly as (select * from {{ ref('fct_projects_monthly') }}),

invoice_lines as (select * from {{ ref('fct_invoice_lines') }}),

order_lines as (select * from {{ ref('fct_order_lines') }}),

timesheets as (select * from {{ ref('int_timesheets') }}),

run_context as (select * from {{ ref('int_run_context') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

begun as (
    select
        projects.*,
        run_context.as_of,
        cast(case when projects.currency = run_context.reporting_currency then 1 else reporting_rates.rate end as decimal(18, 10))
            as rate
    from projects
    cross join run_context
    left join reporting_rates
        on
            projects.currency = reporting_rates.currency
            and run_context.as_of = reporting_rates.rate_on
    where projects.started_on is null or projects.started_on <= run_context.as_of
),

to_date as (
    select
        project_id,
        sum(revenue_rpt) as billed_rpt,
        sum(labour_rpt) as labour_rpt,
        sum(purchases_rpt) as purchases_rpt,
        sum(hours) as hours,
        sum(billable_hours) as billable_hours,
        sum(hours_without_cost_rate) as hours_without_cost_rate,
        sum(entries_without_rate_count) as entries_without_rate_count
    from monthly
    group by project_id
),

-- In the project's currency; a line in another one at the as-of day's rate.
billed as (
    select
        invoice_lines.project_id,
        sum(
            case
                when invoice_lines.currency = begun.currency then invoice_lines.net_doc
                else {{ money(ratio('invoice_lines.net_rpt', 'begun.rate')) }}
            end
        ) as billed_doc
    from invoice_lines
    inner join begun on invoice_lines.project_id = begun.project_id
    group by invoice_lines.project_id
),

worked as (
    select
        timesheets.project_id,
        sum(
            case
                when timesheets.is_billable
                    then {{ extended('timesheets.hours', 'coalesce(timesheets.bill_rate_doc, 0)') }}
                else 0
            end
        ) as worth_doc,
        sum(case when timesheets.is_billable and timesheets.bill_rate_doc is null then timesheets.hours else 0 end)
            as hours_without_bill_rate,
        sum(
            case
                when timesheets.worked_on > {{ dbt.dateadd('day', -28, 'run_context.as_of') }} then timesheets.hours else 0
            end
        ) as recent_hours
    from timesheets
    cross join run_context
    where timesheets.worked_on <= run_context.as_of
    group by timesheets.project_id
),

milestones as (
    select
        order_lines.project_id,
        count(*) as milestones_due_count,
        sum(order_lines.backlog_doc) as milestones_due_doc,
        sum(order_lines.backlog_rpt) as milestones_due_rpt
    from order_lines
    cross join run_context
    where
        order_lines.project_id is not null
        and order_lines.promised_on <= run_context.as_of
        and order_lines.backlog_doc > 0
    group by order_lines.project_id
),

hours_left as (
    select
        begun.*,
        begun.status = 'closed' as is_closed,
        coalesce(to_date.billed_rpt, 0) as billed_rpt,
        coalesce(billed.billed_doc, 0) as billed_doc,
        coalesce(to_date.labour_rpt, 0) as labour_rpt,
        coalesce(to_date.purchases_rpt, 0) as purchases_rpt,
        coalesce(to_date.hours, 0) as hours,
        coalesce(to_date.billable_hours, 0) as billable_hours,
        coalesce(to_date.hours_without_cost_rate, 0) as hours_without_cost_rate,
        coalesce(to_date.entries_without_rate_count, 0) as entries_without_rate_count,
        coalesce(worked.worth_doc, 0) as worth_doc,
        coalesce(worked.hours_without_bill_rate, 0) as hours_without_bill_rate,
        coalesce(milestones.milestones_due_count, 0) as milestones_due_count,
        coalesce(milestones.milestones_due_doc, 0) as milestones_due_doc,
        case when milestones.project_id is null then 0 else milestones.milestones_due_rpt end as milestones_due_rpt,
        cast(
            case
                when begun.status = 'closed' then 0
                when begun.budget_hours > coalesce(to_date.hours, 0) then begun.budget_hours - coalesce(to_date.hours, 0)
                when begun.ended_on > begun.as_of
                    then
                        coalesce(worked.recent_hours, 0) * {{ dbt.datediff('begun.as_of', 'begun.ended_on', 'day') }} / 28
                else 0
            end as decimal(18, 2)
        ) as remaining_hours
    from begun
    left join to_date on begun.project_id = to_date.project_id
    left join billed on begun.project_id = billed.project_id
    left join worked on begun.project_id = worked.project_id
    left join milestones on begun.project_id = milestones.project_id
),

-- Per hour worked so far: what it cost, what it is worth.
rated as (
    select
        *,
        {{ ratio('labour_rpt', 'hours - hours_without_cost_rate') }} as labour_per_hour_rpt,
        {{ ratio('worth_doc', 'hours - hours_without_bill_rate') }} as worth_per_hour_doc,
        {{ converted('contract_value_doc', 'rate') }} as contract_value_rpt
    from hours_left
),

earned as (
    select
        *,
        case
            when is_closed or project_type = 'internal' then {{ money('billed_doc') }}
            when project_type = 'fixed_price' and contract_value_doc is not null
                then {{ money('coalesce(contract_value_doc * ' ~ ratio('hours', 'hours + remaining_hours') ~ ', 0)') }}
            else {{ money('worth_doc') }}
        end as earned_doc,
        case
            when is_closed or project_type = 'internal' then {{ money('billed_doc') }}
            when project_type = 'fixed_price' and contract_value_doc is not null then contract_value_doc
            when remaining_hours = 0 then {{ money('worth_doc') }}
            else {{ money('worth_doc + remaining_hours * worth_per_hour_doc') }}
        end as completion_doc,
        case
            when remaining_hours = 0 then {{ money('0') }}
            else {{ money('remaining_hours * labour_per_hour_rpt') }}
        end as remaining_cost_rpt
    from rated
),

valued as (
    select
        *,
        {{ money('labour_rpt + purchases_rpt') }} as cost_to_date_rpt,
        {{ converted('greatest(earned_doc - billed_doc, 0)', 'rate') }} as unbilled_rpt,
        {{ converted('greatest(billed_doc - earned_doc, 0)', 'rate') }} as billed_in_advance_rpt,
        {{ money('billed_rpt + ' ~ converted('(earned_doc - billed_doc)', 'rate')) }} as earned_rpt,
        {{ money('billed_rpt + ' ~ converted('(completion_doc - billed_doc)', 'rate')) }} as revenue_at_completion_rpt,
        {{ money('labour_rpt + purchases_rpt + remaining_cost_rpt') }} as cost_at_completion_rpt,
        {{ money('budget_hours * labour_per_hour_rpt') }} as budget_cost_rpt
    from earned
)

select
    project_id,
    entity_id,
    customer_id,
    project_type,
    status,
    started_on,
    ended_on,
    as_of as as_of_on,
    currency,
    contract_value_doc,
    contract_value_rpt,
    budget_hours,
    budget_cost_rpt,
    {{ money('contract_value_rpt - budget_cost_rpt') }} as budget_margin_rpt,
    cast(hours as decimal(18, 2)) as hours,
    cast(billable_hours as decimal(18, 2)) as billable_hours,
    remaining_hours,
    cast(hours + remaining_hours - budget_hours as decimal(18, 2)) as hours_variance,
    {{ ratio('hours', 'hours + remaining_hours') }} as progress_ratio,
    {{ money('billed_rpt') }} as billed_rpt,
    earned_rpt,
    unbilled_rpt,
    billed_in_advance_rpt,
    {{ money('labour_rpt') }} as labour_rpt,
    {{ money('purchases_rpt') }} as purchases_rpt,
    cost_to_date_rpt,
    {{ money('earned_rpt - cost_to_date_rpt') }} as margin_to_date_rpt,
    remaining_cost_rpt,
    cost_at_completion_rpt,
    revenue_at_completion_rpt,
    {{ money('revenue_at_completion_rpt - cost_at_completion_rpt') }} as margin_at_completion_rpt,
    {{ ratio('revenue_at_completion_rpt - cost_at_completion_rpt', 'revenue_at_completion_rpt') }} as margin_at_completion_ratio,
    {{ ratio('billed_doc', 'worth_doc') }} as realisation_ratio,
    cast(milestones_due_count as integer) as milestones_due_count,
    {{ money('milestones_due_doc') }} as milestones_due_doc,
    {{ money('milestones_due_rpt') }} as milestones_due_rpt,
    not is_closed and ended_on < as_of as is_overdue,
    hours + remaining_hours > budget_hours as is_over_budget,
    cast(hours_without_cost_rate as decimal(18, 2)) as hours_without_cost_rate,
    cast(hours_without_bill_rate as decimal(18, 2)) as hours_without_bill_rate,
    cast(entries_without_rate_count as integer) as entries_without_rate_count,
    source_system,
    source_id
from valued
