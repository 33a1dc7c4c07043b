-- One row per entity, month, account and cost centre with an actual amount, a budget or a forecast: the three side by side, on
-- the account's normal side, in the entity's currency. Of several versions the one locked last, by name where that is the same.
-- Months after the as-of day have plans only. Variances are actual less plan: more is favourable on revenue, less on cost.
-- expected is the actual amount of a month that is over, else the forecast, else the budget.
with budget_lines as (select * from {{ ref('int_budget_lines') }}),

journal_lines as (select * from {{ ref('fct_journal_lines') }}),

accounts as (select * from {{ ref('dim_accounts') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

month_rates as (select * from {{ ref('int_month_rates') }}),

run_context as (select * from {{ ref('int_run_context') }}),

plan_months as (
    select
        entity_id,
        {{ month_of('period_on') }} as period_on,
        coalesce(plan_type, 'budget') as plan_type,
        budget_version,
        max(locked_on) as locked_on
    from budget_lines
    group by entity_id, {{ month_of('period_on') }}, coalesce(plan_type, 'budget'), budget_version
),

standing as (
    select
        entity_id,
        period_on,
        plan_type,
        budget_version,
        row_number() over (
            partition by entity_id, period_on, plan_type
            order by case when locked_on is null then 1 else 0 end, locked_on desc, budget_version desc
        ) as choice
    from plan_months
),

every_amount as (
    select
        budget_lines.entity_id,
        standing.period_on,
        budget_lines.source_system || ':' || budget_lines.account_code as account_id,
        coalesce(budget_lines.cost_centre_code, 'none') as cost_centre_code,
        case when standing.plan_type = 'forecast' then 0 else budget_lines.amount_local end as budget_local,
        case when standing.plan_type = 'forecast' then budget_lines.amount_local else 0 end as forecast_local,
        0 as actual_local
    from budget_lines
    inner join standing
        on
            budget_lines.entity_id = standing.entity_id
            and {{ month_of('budget_lines.period_on') }} = standing.period_on
            and budget_lines.budget_version = standing.budget_version
            and coalesce(budget_lines.plan_type, 'budget') = standing.plan_type
    where standing.choice = 1
    union all
    select
        journal_lines.entity_id,
        journal_lines.month_on as period_on,
        journal_lines.account_id,
        coalesce(journal_lines.cost_centre_code, 'none') as cost_centre_code,
        0 as budget_local,
        0 as forecast_local,
        case accounts.normal_side when 'credit' then 1 else -1 end
        * (journal_lines.credit_local - journal_lines.debit_local) as actual_local
    from journal_lines
    inner join accounts on journal_lines.account_id = accounts.account_id
    where accounts.statement = 'profit_and_loss' and journal_lines.entry_type <> 'closing'
),

added_up as (
    select
        entity_id,
        period_on,
        account_id,
        cost_centre_code,
        {{ money('sum(actual_local)') }} as actual_local,
        {{ money('sum(budget_local)') }} as budget_local,
        {{ money('sum(forecast_local)') }} as forecast_local
    from every_amount
    group by entity_id, period_on, account_id, cost_centre_code
),

versioned as (
    select
        added_up.*,
        budgets.budget_version,
        forecasts.budget_version as forecast_version,
        cast({{ dbt.dateadd('month', 1, 'added_up.period_on') }} as date) <= cast({{ dbt.dateadd('day', 1, 'run_context.as_of') }} as date)
            as is_elapsed,
        added_up.period_on <= run_context.as_of as is_begun
    from added_up
    cross join run_context
    left join standing as budgets
        on
            added_up.entity_id = budgets.entity_id
            and added_up.period_on = budgets.period_on
            and budgets.plan_type = 'budget'
            and budgets.choice = 1
    left join standing as forecasts
        on
            added_up.entity_id = forecasts.entity_id
            and added_up.period_on = forecasts.period_on
            and forecasts.plan_type = 'forecast'
            and forecasts.choice = 1
),

last_months as (
    select
        currency,
        max(month_on) as month_on
    from month_rates
    group by currency
),

-- A plan for months to come is translated at the last average rate there is, so that it can be added to the months before.
compared as (
    select
        versioned.entity_id,
        versioned.period_on,
        versioned.account_id,
        accounts.account_code,
        accounts.account_type,
        accounts.class,
        accounts.statement_line,
        accounts.normal_side,
        versioned.cost_centre_code,
        versioned.is_elapsed,
        case when versioned.is_begun then versioned.actual_local end as actual_local,
        versioned.budget_version,
        case when versioned.budget_version is not null then versioned.budget_local end as budget_local,
        versioned.forecast_version,
        case when versioned.forecast_version is not null then versioned.forecast_local end as forecast_local,
        case
            when versioned.is_elapsed then versioned.actual_local
            when versioned.forecast_version is not null then versioned.forecast_local
            when versioned.budget_version is not null then versioned.budget_local
        end as expected_local,
        case when entities.is_reporting_currency then 1 else month_rates.average_rate end as rate
    from versioned
    inner join accounts on versioned.account_id = accounts.account_id
    inner join entities on versioned.entity_id = entities.entity_id
    left join last_months on entities.currency = last_months.currency
    left join month_rates
        on
            entities.currency = month_rates.currency
            and least(versioned.period_on, last_months.month_on) = month_rates.month_on
    where accounts.class in ('revenue', 'expense')
)

select
    entity_id,
    period_on,
    account_id,
    account_code,
    account_type,
    class,
    statement_line,
    cost_centre_code,
    is_elapsed,
    actual_local,
    budget_version,
    budget_local,
    forecast_version,
    forecast_local,
    expected_local,
    {{ converted('actual_local', 'rate') }} as actual_rpt,
    {{ converted('budget_local', 'rate') }} as budget_rpt,
    {{ converted('forecast_local', 'rate') }} as forecast_rpt,
    {{ converted('expected_local', 'rate') }} as expected_rpt,
    {{ money('actual_local - budget_local') }} as budget_variance_local,
    {{ ratio('actual_local - budget_local', 'abs(budget_local)') }} as budget_variance_ratio,
    case normal_side when 'credit' then actual_local >= budget_local else actual_local <= budget_local end as is_favourable,
    {{ money('actual_local - forecast_local') }} as forecast_variance_local,
    {{ ratio('actual_local - forecast_local', 'abs(forecast_local)') }} as forecast_variance_ratio,
    case normal_side when 'credit' then actual_local >= forecast_local else actual_local <= forecast_local end
        as is_favourable_to_forecast
from compared
