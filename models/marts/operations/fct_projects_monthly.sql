-- One row per project and month with revenue, hours or purchases. Cost is labour (hours at the cost rate of each entry)
-- and what was bought for the project (bill lines). Hours without a cost rate are counted apart, not taken as free.
with invoice_lines as (select * from {{ ref('fct_invoice_lines') }}),

timesheets as (select * from {{ ref('int_timesheets') }}),

bill_lines as (select * from {{ ref('int_bill_lines') }}),

projects as (select * from {{ ref('int_projects') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

run_context as (select * from {{ ref('int_run_context') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

hours_costed as (
    select
        timesheets.project_id,
        timesheets.worked_on as event_on,
        projects.entity_id,
        timesheets.hours,
        case when timesheets.is_billable then timesheets.hours else 0 end as billable_hours,
        case when timesheets.cost_rate_local is null then timesheets.hours else 0 end as hours_without_cost_rate,
        {{ money(line_net('timesheets.hours', 'coalesce(timesheets.cost_rate_local, 0)', '0')) }} as labour_local,
        cast(0 as decimal(18, 2)) as purchases_local
    from timesheets
    inner join projects on timesheets.project_id = projects.project_id
    cross join run_context
    where timesheets.worked_on <= run_context.as_of
),

purchases as (
    select
        bill_lines.project_id,
        bill_lines.billed_on as event_on,
        bill_lines.entity_id,
        0 as hours,
        0 as billable_hours,
        0 as hours_without_cost_rate,
        cast(0 as decimal(18, 2)) as labour_local,
        bill_lines.net_local as purchases_local
    from bill_lines
    cross join run_context
    where
        bill_lines.project_id is not null
        and bill_lines.net_local is not null
        and bill_lines.billed_on <= run_context.as_of
),

costs as (
    select * from hours_costed
    union all
    select * from purchases
),

costs_reported as (
    select
        costs.project_id,
        {{ month_of('costs.event_on') }} as month_on,
        costs.hours,
        costs.billable_hours,
        costs.hours_without_cost_rate,
        {{ in_reporting_currency('costs.labour_local') }} as labour_rpt,
        {{ in_reporting_currency('costs.purchases_local') }} as purchases_rpt
    from costs
    inner join entities on costs.entity_id = entities.entity_id
    left join reporting_rates
        on
            entities.currency = reporting_rates.currency
            and costs.event_on = reporting_rates.rate_on
),

every_amount as (
    select
        project_id,
        month_on,
        net_rpt as revenue_rpt,
        0 as hours,
        0 as billable_hours,
        0 as hours_without_cost_rate,
        0 as labour_rpt,
        0 as purchases_rpt,
        0 as entries_without_rate_count
    from invoice_lines
    where project_id is not null
    union all
    select
        project_id,
        month_on,
        0 as revenue_rpt,
        hours,
        billable_hours,
        hours_without_cost_rate,
        coalesce(labour_rpt, 0) as labour_rpt,
        coalesce(purchases_rpt, 0) as purchases_rpt,
        case when labour_rpt is null or purchases_rpt is null then 1 else 0 end as entries_without_rate_count
    from costs_reported
),

monthly as (
    select
        project_id,
        month_on,
        {{ money('sum(revenue_rpt)') }} as revenue_rpt,
        {{ money('sum(labour_rpt)') }} as labour_rpt,
        {{ money('sum(purchases_rpt)') }} as purchases_rpt,
        cast(sum(hours) as decimal(18, 2)) as hours,
        cast(sum(billable_hours) as decimal(18, 2)) as billable_hours,
        cast(sum(hours_without_cost_rate) as decimal(18, 2)) as hours_without_cost_rate,
        cast(sum(entries_without_rate_count) as integer) as entries_without_rate_count
    from every_amount
    group by project_id, month_on
)

select
    monthly.month_on,
    monthly.project_id,
    projects.entity_id,
    projects.customer_id,
    projects.project_type,
    monthly.revenue_rpt,
    monthly.labour_rpt,
    monthly.purchases_rpt,
    {{ money('monthly.revenue_rpt - monthly.labour_rpt - monthly.purchases_rpt') }} as margin_rpt,
    {{ money('sum(monthly.revenue_rpt - monthly.labour_rpt - monthly.purchases_rpt) over to_date') }} as margin_to_date_rpt,
    monthly.hours,
    monthly.billable_hours,
    monthly.hours_without_cost_rate,
    monthly.entries_without_rate_count
from monthly
inner join projects on monthly.project_id = projects.project_id
window to_date as (
    partition by monthly.project_id
    order by monthly.month_on
    rows between unbounded preceding and current row
)
