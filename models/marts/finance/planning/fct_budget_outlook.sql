-- One row per budget version, entity, fiscal year, account and cost centre that the year of the as-of day has a budget or an
-- actual amount for: where the year will end. Amounts on the account's normal side, in the entity's currency.
-- Only months that are over count as elapsed. run_rate goes on as the elapsed months did; remaining_budget adds what is
-- budgeted for the months left. A year that the version budgets in part says so in budget_months_count.
with variances as (select * from {{ ref('fct_budget_variance') }}),

budget_lines as (select * from {{ ref('int_budget_lines') }} where coalesce(plan_type, 'budget') = 'budget'),

accounts as (select * from {{ ref('dim_accounts') }}),

dates as (select * from {{ ref('dim_dates') }}),

run_context as (select * from {{ ref('int_run_context') }}),

months as (
    select
        dates.month_on,
        min(dates.fiscal_year) as fiscal_year,
        max(dates.date_on) as month_end_on
    from dates
    group by dates.month_on
),

year_months as (
    select
        months.month_on,
        months.fiscal_year,
        months.month_end_on <= run_context.as_of as is_elapsed,
        sum(case when months.month_end_on <= run_context.as_of then 1 else 0 end) over () as months_elapsed,
        count(*) over () as months_in_year
    from months
    cross join run_context
    inner join months as as_of_months on as_of_months.month_on = {{ month_of('run_context.as_of') }}
    where months.fiscal_year = as_of_months.fiscal_year
),

budget_months as (
    select
        budget_lines.budget_version,
        budget_lines.entity_id,
        count(distinct {{ month_of('budget_lines.period_on') }}) as budget_months_count
    from budget_lines
    inner join year_months on {{ month_of('budget_lines.period_on') }} = year_months.month_on
    group by budget_lines.budget_version, budget_lines.entity_id
),

every_amount as (
    select
        variances.budget_version, variances.entity_id, year_months.fiscal_year, variances.account_id,
        variances.cost_centre_code, variances.actual_local, 0 as budget_to_date_local, 0 as budget_year_local
    from variances
    inner join year_months on variances.period_on = year_months.month_on
    where year_months.is_elapsed
    union all
    select
        budget_lines.budget_version, budget_lines.entity_id, year_months.fiscal_year,
        budget_lines.source_system || ':' || budget_lines.account_code as account_id,
        budget_lines.cost_centre_code, 0 as actual_local,
        case when year_months.is_elapsed then budget_lines.amount_local else 0 end as budget_to_date_local,
        budget_lines.amount_local as budget_year_local
    from budget_lines
    inner join year_months on {{ month_of('budget_lines.period_on') }} = year_months.month_on
),

yearly as (
    select
        budget_version,
        entity_id,
        fiscal_year,
        account_id,
        cost_centre_code,
        sum(actual_local) as actual_local,
        sum(budget_to_date_local) as budget_to_date_local,
        sum(budget_year_local) as budget_year_local
    from every_amount
    group by budget_version, entity_id, fiscal_year, account_id, cost_centre_code
),

elapsed as (
    select distinct months_elapsed, months_in_year from year_months
),

projected as (
    select
        yearly.*,
        elapsed.months_elapsed,
        elapsed.months_in_year,
        {{ money('cast(yearly.actual_local as double) * elapsed.months_in_year / nullif(elapsed.months_elapsed, 0)') }}
            as run_rate_local,
        {{ money('yearly.actual_local + yearly.budget_year_local - yearly.budget_to_date_local') }} as remaining_budget_local
    from yearly
    cross join elapsed
)

select
    projected.budget_version,
    projected.entity_id,
    cast(projected.fiscal_year as integer) as fiscal_year,
    projected.account_id,
    accounts.account_code,
    accounts.account_type,
    accounts.class,
    accounts.statement_line,
    coalesce(projected.cost_centre_code, 'none') as cost_centre_code,
    cast(projected.months_elapsed as integer) as months_elapsed,
    cast(budget_months.budget_months_count as integer) as budget_months_count,
    {{ money('projected.actual_local') }} as actual_to_date_local,
    {{ money('projected.budget_to_date_local') }} as budget_to_date_local,
    {{ money('projected.budget_year_local') }} as budget_year_local,
    projected.run_rate_local as run_rate_outlook_local,
    projected.remaining_budget_local as remaining_budget_outlook_local,
    -- Half a year's budget is no measure of a whole year's outlook.
    case
        when budget_months.budget_months_count = projected.months_in_year
            then {{ money('projected.run_rate_local - projected.budget_year_local') }}
    end as outlook_variance_local,
    case
        when
            projected.run_rate_local is null
            or coalesce(budget_months.budget_months_count, 0) <> projected.months_in_year
            then null
        when accounts.class = 'revenue' then projected.run_rate_local >= projected.budget_year_local
        else projected.run_rate_local <= projected.budget_year_local
    end as is_favourable
from projected
inner join accounts on projected.account_id = accounts.account_id
left join budget_months
    on
        projected.budget_version = budget_months.budget_version
        and projected.entity_id = budget_months.entity_id
