-- One row per journal or budget that is posted where it should not be: an unknown cost centre, a locked period, no period.
-- Compared against what was in the period when it was locked, where Plumbline's own lock kept that; where only the source
-- locked it, against the moment the source last changed the line, if it says so.
with journal_lines as (
    select journal_lines.*
    from {{ ref('int_journal_lines') }} as journal_lines
    cross join {{ ref('int_run_context') }} as run_context
    where journal_lines.posted_on <= run_context.as_of
),

budget_lines as (select * from {{ ref('int_budget_lines') }}),

cost_centres as (select distinct source_system, cost_centre_code from {{ ref('int_cost_centres') }}),

fiscal_periods as (select * from {{ ref('fct_fiscal_periods') }}),

source_periods as (select * from {{ ref('int_fiscal_periods') }}),

locked_journals as (select * from {{ source('raw', 'locked_journal') }}),

-- A source that keeps no cost centres has no unknown ones.
systems_with_cost_centres as (
    select distinct source_system from cost_centres
),

journals_of_unknown_cost_centres as (
    select
        'journal_unknown_cost_centre' as kind,
        journal_lines.source_system,
        journal_lines.entity_id,
        {{ month_of('journal_lines.posted_on') }} as period_on,
        'journal' as document_type,
        {{ number_of('journal_lines.journal_id') }} as document_id,
        journal_lines.journal_id as document_key,
        journal_lines.cost_centre_code as detail,
        sum(journal_lines.debit_local - journal_lines.credit_local) as amount_local,
        'cost centre ' || journal_lines.cost_centre_code || ' is in no master data' as message
    from journal_lines
    inner join systems_with_cost_centres on journal_lines.source_system = systems_with_cost_centres.source_system
    left join cost_centres
        on
            journal_lines.source_system = cost_centres.source_system
            and journal_lines.cost_centre_code = cost_centres.cost_centre_code
    where
        journal_lines.cost_centre_code is not null
        and cost_centres.cost_centre_code is null
    group by
        journal_lines.source_system, journal_lines.entity_id, {{ month_of('journal_lines.posted_on') }},
        journal_lines.journal_id, journal_lines.cost_centre_code
),

budgets_of_unknown_cost_centres as (
    select
        'budget_unknown_cost_centre' as kind,
        budget_lines.source_system,
        budget_lines.entity_id,
        {{ month_of('budget_lines.period_on') }} as period_on,
        'budget' as document_type,
        budget_lines.budget_version as document_id,
        cast(null as varchar) as document_key,
        budget_lines.cost_centre_code as detail,
        sum(budget_lines.amount_local) as amount_local,
        'cost centre ' || budget_lines.cost_centre_code || ' is in no master data' as message
    from budget_lines
    inner join systems_with_cost_centres on budget_lines.source_system = systems_with_cost_centres.source_system
    left join cost_centres
        on
            budget_lines.source_system = cost_centres.source_system
            and budget_lines.cost_centre_code = cost_centres.cost_centre_code
    where
        budget_lines.cost_centre_code is not null
        and cost_centres.cost_centre_code is null
    group by
        budget_lines.source_system, budget_lines.entity_id, {{ month_of('budget_lines.period_on') }},
        budget_lines.budget_version, budget_lines.cost_centre_code
),

periods_locked_here as (
    select distinct entity_id, period_on from locked_journals
),

-- What a locked period held then and what it holds now, by journal and account.
then_and_now as (
    select
        locked_journals.entity_id, locked_journals.period_on, locked_journals.journal_id, locked_journals.account_code,
        locked_journals.debit_local - locked_journals.credit_local as then_local, 0 as now_local,
        1 as then_count, 0 as now_count, null as source_system
    from locked_journals
    union all
    select
        journal_lines.entity_id, fiscal_periods.period_on, journal_lines.journal_id, journal_lines.account_code,
        0 as then_local, journal_lines.debit_local - journal_lines.credit_local as now_local,
        0 as then_count, 1 as now_count, journal_lines.source_system
    from journal_lines
    inner join fiscal_periods
        on
            journal_lines.entity_id = fiscal_periods.entity_id
            and journal_lines.posted_on between fiscal_periods.period_on and fiscal_periods.period_end_on
    inner join periods_locked_here
        on
            fiscal_periods.entity_id = periods_locked_here.entity_id
            and fiscal_periods.period_on = periods_locked_here.period_on
),

accounts_changed as (
    select
        entity_id,
        period_on,
        journal_id,
        account_code,
        max(source_system) as source_system,
        sum(now_local) - sum(then_local) as change_local,
        sum(then_count) as then_count,
        sum(now_count) as now_count
    from then_and_now
    group by entity_id, period_on, journal_id, account_code
),

changed_after_own_lock as (
    select
        'posting_in_locked_period' as kind,
        coalesce(max(source_system), 'plumbline') as source_system,
        entity_id,
        period_on,
        'journal' as document_type,
        {{ number_of('journal_id') }} as document_id,
        journal_id as document_key,
        '' as detail,
        sum(case when change_local > 0 then change_local else 0 end) as amount_local,
        case
            when sum(then_count) = 0 then 'posted after the period was locked'
            when sum(now_count) = 0 then 'taken out after the period was locked'
            else 'changed after the period was locked'
        end as message
    from accounts_changed
    group by entity_id, period_on, journal_id
    having
        sum(case when change_local <> 0 then 1 else 0 end) > 0
        or sum(then_count) = 0
        or sum(now_count) = 0
),

changed_after_source_lock as (
    select
        'posting_in_locked_period' as kind,
        journal_lines.source_system,
        journal_lines.entity_id,
        fiscal_periods.period_on,
        'journal' as document_type,
        {{ number_of('journal_lines.journal_id') }} as document_id,
        journal_lines.journal_id as document_key,
        '' as detail,
        sum(journal_lines.debit_local) as amount_local,
        'changed at ' || cast(max(journal_lines.updated_at) as varchar) || ', after the period was locked' as message
    from journal_lines
    inner join fiscal_periods
        on
            journal_lines.entity_id = fiscal_periods.entity_id
            and journal_lines.posted_on between fiscal_periods.period_on and fiscal_periods.period_end_on
            and journal_lines.updated_at > fiscal_periods.locked_at
            and fiscal_periods.lock_source = 'source'
    left join periods_locked_here
        on
            fiscal_periods.entity_id = periods_locked_here.entity_id
            and fiscal_periods.period_on = periods_locked_here.period_on
    where periods_locked_here.entity_id is null
    group by journal_lines.source_system, journal_lines.entity_id, fiscal_periods.period_on, journal_lines.journal_id
),

-- By day first: days outside of every period are few or none, and only their journals are looked at.
posting_days as (
    select distinct source_system, entity_id, posted_on from journal_lines
),

entities_with_periods as (
    select distinct entity_id from source_periods
),

days_without_period as (
    select
        posting_days.source_system,
        posting_days.entity_id,
        posting_days.posted_on
    from posting_days
    inner join entities_with_periods on posting_days.entity_id = entities_with_periods.entity_id
    left join source_periods
        on
            posting_days.entity_id = source_periods.entity_id
            and posting_days.posted_on between source_periods.period_on and source_periods.period_end_on
    where source_periods.entity_id is null
),

posted_without_period as (
    select
        'posting_in_unopened_period' as kind,
        journal_lines.source_system,
        journal_lines.entity_id,
        {{ month_of('journal_lines.posted_on') }} as period_on,
        'journal' as document_type,
        {{ number_of('journal_lines.journal_id') }} as document_id,
        journal_lines.journal_id as document_key,
        '' as detail,
        sum(journal_lines.debit_local) as amount_local,
        'posted on ' || cast(min(journal_lines.posted_on) as varchar) || ', which lies in no fiscal period of the entity' as message
    from journal_lines
    inner join days_without_period
        on
            journal_lines.source_system = days_without_period.source_system
            and journal_lines.entity_id = days_without_period.entity_id
            and journal_lines.posted_on = days_without_period.posted_on
    group by
        journal_lines.source_system, journal_lines.entity_id, {{ month_of('journal_lines.posted_on') }},
        journal_lines.journal_id
)

select * from journals_of_unknown_cost_centres
union all
select * from budgets_of_unknown_cost_centres
union all
select * from changed_after_own_lock
union all
select * from changed_after_source_lock
union all
select * from posted_without_period
