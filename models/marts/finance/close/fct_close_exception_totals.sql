-- One row per entity, month and kind of exception: the total that its items are part of, with them and without. Nothing of
-- them is left out of any other table. Journals: debits of the month; unknown cost centres and hierarchies: what was posted to
-- any cost centre or department; journals on control accounts: what moved those accounts; budgets: every version of the month;
-- documents: gross amounts by document day; payments by payment day. What has no month is of the as-of month.
with exceptions as (select * from {{ ref('fct_close_exceptions') }}),

journal_lines as (select * from {{ ref('fct_journal_lines') }}),

accounts as (
    select * from {{ ref('dim_accounts') }}
    where control_of in ('receivables', 'payables', 'inventory', 'payroll')
),

budget_lines as (select * from {{ ref('int_budget_lines') }}),

receivable_events as (select * from {{ ref('fct_receivable_events') }}),

payable_events as (select * from {{ ref('fct_payable_events') }}),

run_context as (select * from {{ ref('int_run_context') }}),

kinds as (
    select kinds.kind, kinds.population
    from (
        values
        ('journal_unknown_cost_centre', 'cost_centre'), ('budget_unknown_cost_centre', 'budget'),
        ('posting_in_locked_period', 'journal'), ('posting_in_unopened_period', 'journal'),
        ('fiscal_calendar_gap', 'journal'), ('fiscal_calendar_overlap', 'journal'),
        ('circular_hierarchy', 'cost_centre'), ('hierarchy_gap', 'cost_centre'), ('hierarchy_overlap', 'cost_centre'),
        ('journal_on_control_account', 'control_account')
    ) as kinds (kind, population)
),

amounts as (
    select entity_id, month_on, 'journal' as population, debit_local as amount_local
    from journal_lines
    union all
    select entity_id, month_on, 'cost_centre' as population, debit_local - credit_local as amount_local
    from journal_lines
    where cost_centre_code is not null or department_code is not null
    union all
    select
        journal_lines.entity_id, journal_lines.month_on, 'control_account' as population,
        journal_lines.debit_local - journal_lines.credit_local as amount_local
    from journal_lines
    inner join accounts on journal_lines.account_id = accounts.account_id
    union all
    select entity_id, {{ month_of('period_on') }} as month_on, 'budget' as population, amount_local
    from budget_lines
    union all
    select entity_id, month_on, document_type as population, abs(amount_local) as amount_local
    from receivable_events
    where event_type = 'posted'
    union all
    select entity_id, month_on, document_type as population, abs(amount_local) as amount_local
    from payable_events
    where event_type = 'posted'
),

totals as (
    select
        entity_id,
        month_on,
        population,
        sum(amount_local) as amount_local
    from amounts
    group by entity_id, month_on, population
),

found as (
    select
        coalesce(exceptions.entity_id, 'none') as entity_id,
        {{ month_of('coalesce(exceptions.period_on, run_context.as_of)') }} as month_on,
        exceptions.kind,
        coalesce(kinds.population, exceptions.document_type) as population,
        max(exceptions.currency) as currency,
        count(*) as items_count,
        sum(exceptions.amount_local) as amount_local
    from exceptions
    cross join run_context
    left join kinds on exceptions.kind = kinds.kind
    group by
        coalesce(exceptions.entity_id, 'none'), {{ month_of('coalesce(exceptions.period_on, run_context.as_of)') }},
        exceptions.kind, coalesce(kinds.population, exceptions.document_type)
)

select
    found.entity_id,
    found.month_on,
    found.kind,
    found.population,
    found.currency,
    cast(found.items_count as bigint) as items_count,
    {{ money('found.amount_local') }} as amount_local,
    {{ money('coalesce(totals.amount_local, 0)') }} as total_with_local,
    {{ money('coalesce(totals.amount_local, 0) - found.amount_local') }} as total_without_local
from found
left join totals
    on
        found.entity_id = totals.entity_id
        and found.month_on = totals.month_on
        and found.population = totals.population
