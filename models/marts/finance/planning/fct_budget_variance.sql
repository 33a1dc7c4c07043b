-- One row per budget version, entity, month, account and cost centre with a budget or, where that version covers the
-- entity's month, an actual amount. Months up to the as-of day. Amounts are on the account's normal side (revenue and
-- cost both positive); both are translated at the month's average rate, so that the variance is not one of currency.
with budget_lines as (select * from {{ ref('int_budget_lines') }} where coalesce(plan_type, 'budget') = 'budget'),

journal_lines as (select * from {{ ref('fct_journal_lines') }}),

accounts as (select * from {{ ref('dim_accounts') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

run_context as (select * from {{ ref('int_run_context') }}),

month_rates as (select * from {{ ref('int_month_rates') }}),

budgeted as (
    select
        budget_lines.budget_version,
        budget_lines.entity_id,
        {{ month_of('budget_lines.period_on') }} as period_on,
        budget_lines.source_system || ':' || budget_lines.account_code as account_id,
        budget_lines.cost_centre_code,
        sum(budget_lines.amount_local) as budget_local
    from budget_lines
    cross join run_context
    where budget_lines.period_on <= run_context.as_of
    group by
        budget_lines.budget_version,
        budget_lines.entity_id,
        {{ month_of('budget_lines.period_on') }},
        budget_lines.source_system || ':' || budget_lines.account_code,
        budget_lines.cost_centre_code
),

covered as (
    select distinct
        budget_version,
        entity_id,
        period_on
    from budgeted
),

actual as (
    select
        journal_lines.entity_id,
        journal_lines.month_on as period_on,
        journal_lines.account_id,
        coalesce(journal_lines.cost_centre_code, 'none') as cost_centre_code,
        sum(
            case accounts.normal_side when 'credit' then 1 else -1 end
            * (journal_lines.credit_local - journal_lines.debit_local)
        ) as actual_local
    from journal_lines
    inner join accounts on journal_lines.account_id = accounts.account_id
    where accounts.statement = 'profit_and_loss' and journal_lines.entry_type is distinct from 'closing'
    group by
        journal_lines.entity_id,
        journal_lines.month_on,
        journal_lines.account_id,
        coalesce(journal_lines.cost_centre_code, 'none')
),

-- Written as a union of both sides rather than a full join, which would have to coalesce every key.
both_sides as (
    select
        budget_version,
        entity_id,
        period_on,
        account_id,
        cost_centre_code,
        budget_local,
        0 as actual_local
    from budgeted
    union all
    select
        covered.budget_version,
        actual.entity_id,
        actual.period_on,
        actual.account_id,
        actual.cost_centre_code,
        0 as budget_local,
        actual.actual_local
    from actual
    inner join covered
        on
            actual.entity_id = covered.entity_id
            and actual.period_on = covered.period_on
),

compared as (
    select
        budget_version,
        entity_id,
        period_on,
        account_id,
        cost_centre_code,
        {{ money('sum(actual_local)') }} as actual_local,
        {{ money('sum(budget_local)') }} as budget_local
    from both_sides
    group by budget_version, entity_id, period_on, account_id, cost_centre_code
),

reported as (
    select
        compared.*,
        case
            when entities.is_reporting_currency then compared.actual_local
            else {{ converted('compared.actual_local', 'month_rates.average_rate') }}
        end as actual_rpt,
        case
            when entities.is_reporting_currency then compared.budget_local
            else {{ converted('compared.budget_local', 'month_rates.average_rate') }}
        end as budget_rpt
    from compared
    inner join entities on compared.entity_id = entities.entity_id
    left join month_rates
        on
            entities.currency = month_rates.currency
            and compared.period_on = month_rates.month_on
)

select
    reported.budget_version,
    reported.entity_id,
    reported.period_on,
    reported.account_id,
    accounts.account_code,
    accounts.account_type,
    accounts.class,
    accounts.statement_line,
    reported.cost_centre_code,
    reported.actual_local,
    reported.budget_local,
    reported.actual_rpt,
    reported.budget_rpt,
    {{ money('reported.actual_rpt - reported.budget_rpt') }} as variance_rpt,
    case accounts.normal_side
        when 'credit' then reported.actual_local >= reported.budget_local
        else reported.actual_local <= reported.budget_local
    end as is_favourable,
    max(case when reported.budget_local <> 0 then 1 else 0 end) over (
        partition by reported.budget_version, reported.entity_id, reported.account_id
    ) = 1 as is_budgeted
from reported
inner join accounts on reported.account_id = accounts.account_id
where accounts.class in ('revenue', 'expense')
