-- One row per payment or receipt known in advance that falls after the as-of day: recurring items, payroll, tax, loans.
-- Positive is cash in, in the currency of the row. A recurring item for payroll, tax or debt counts only where the entity
-- has no payroll, tax schedule or loan schedule of its own, so that nothing is expected twice.
with recurring_items as (select * from {{ ref('int_recurring_items') }}),

payroll_lines as (select * from {{ ref('int_payroll_lines') }}),

tax_schedules as (select * from {{ ref('int_tax_schedules') }}),

loan_schedules as (select * from {{ ref('int_loan_schedules') }}),

journal_lines as (select * from {{ ref('fct_journal_lines') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

run_context as (select * from {{ ref('int_run_context') }}),

-- Enough steps of a month to bring a next due date from ten years ago into the horizon.
months_ahead as (
    select cast(tens.digit * 10 + ones.digit as integer) as months
    from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11)) as tens (digit)
    cross join (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as ones (digit)
),

last_payrolls as (
    select
        payroll_lines.entity_id,
        max(payroll_lines.period_on) as period_on,
        max(coalesce(payroll_lines.paid_on, payroll_lines.period_on)) as paid_on
    from payroll_lines
    cross join run_context
    where coalesce(payroll_lines.paid_on, payroll_lines.period_on) <= run_context.as_of
    group by payroll_lines.entity_id
),

payroll_cost as (
    select
        last_payrolls.entity_id,
        last_payrolls.paid_on,
        sum(payroll_lines.gross_local + coalesce(payroll_lines.employer_cost_local, 0)) as cost_local
    from last_payrolls
    inner join payroll_lines
        on
            last_payrolls.entity_id = payroll_lines.entity_id
            and last_payrolls.period_on = payroll_lines.period_on
    group by last_payrolls.entity_id, last_payrolls.paid_on
),

-- What payroll took from the bank: tax and contributions withheld are paid by the tax schedule, not with the salaries.
payroll_paid as (
    select
        journal_lines.entity_id,
        sum(journal_lines.credit_local - journal_lines.debit_local) as paid_local
    from journal_lines
    inner join payroll_cost
        on
            journal_lines.entity_id = payroll_cost.entity_id
            and journal_lines.month_on = {{ month_of('payroll_cost.paid_on') }}
    where
        journal_lines.document_type = 'payroll'
        and journal_lines.account_type in ('bank', 'cash_clearing')
    group by journal_lines.entity_id
),

payrolls as (
    select
        'payroll' as layer,
        payroll_cost.entity_id,
        'payroll' as document_type,
        'payroll ' || payroll_cost.entity_id as document_id,
        cast({{ dbt.dateadd('month', 'months_ahead.months', 'payroll_cost.paid_on') }} as date) as expected_on,
        entities.currency,
        -case when payroll_paid.paid_local > 0 then payroll_paid.paid_local else payroll_cost.cost_local end as amount_doc
    from payroll_cost
    inner join entities on payroll_cost.entity_id = entities.entity_id
    left join payroll_paid on payroll_cost.entity_id = payroll_paid.entity_id
    inner join months_ahead on months_ahead.months between 1 and 19
),

-- A tax that is not assessed yet is expected at the last known amount of its kind.
known_taxes as (
    select
        entity_id,
        tax_type,
        amount_local,
        row_number() over (partition by entity_id, tax_type order by period_on desc, tax_schedule_id asc) as recency
    from tax_schedules
    where amount_local is not null
),

taxes as (
    select
        'tax' as layer,
        tax_schedules.entity_id,
        tax_schedules.tax_type as document_type,
        tax_schedules.tax_schedule_id as document_id,
        tax_schedules.due_on as expected_on,
        entities.currency,
        -coalesce(tax_schedules.amount_local, known_taxes.amount_local) as amount_doc
    from tax_schedules
    inner join entities on tax_schedules.entity_id = entities.entity_id
    left join known_taxes
        on
            tax_schedules.entity_id = known_taxes.entity_id
            and tax_schedules.tax_type = known_taxes.tax_type
            and known_taxes.recency = 1
),

loans as (
    select
        'debt' as layer,
        entity_id,
        'loan' as document_type,
        loan_id as document_id,
        due_on as expected_on,
        currency,
        -(principal_doc + interest_doc) as amount_doc
    from loan_schedules
),

layers_scheduled as (
    select distinct entity_id, 'payroll' as cash_category from payrolls
    union
    select distinct entity_id, 'tax' as cash_category from taxes
    union
    select distinct entity_id, 'debt' as cash_category from loans
),

recurring as (
    select
        case
            when recurring_items.cash_category in ('payroll', 'tax', 'debt') then recurring_items.cash_category
            else 'recurring'
        end as layer,
        recurring_items.entity_id,
        recurring_items.cash_category as document_type,
        recurring_items.recurring_item_id as document_id,
        cast({{ dbt.dateadd('month', 'months_ahead.months', 'recurring_items.next_due_on') }} as date) as expected_on,
        recurring_items.ended_on,
        recurring_items.currency,
        case recurring_items.direction when 'in' then 1 else -1 end * recurring_items.amount_doc as amount_doc
    from recurring_items
    left join layers_scheduled
        on
            recurring_items.entity_id = layers_scheduled.entity_id
            and recurring_items.cash_category = layers_scheduled.cash_category
    inner join months_ahead on months_ahead.months % recurring_items.interval_months = 0
    where layers_scheduled.entity_id is null
),

every_flow as (
    select layer, entity_id, document_type, document_id, expected_on, currency, amount_doc from payrolls
    union all
    select layer, entity_id, document_type, document_id, expected_on, currency, amount_doc from taxes
    union all
    select layer, entity_id, document_type, document_id, expected_on, currency, amount_doc from loans
    union all
    select layer, entity_id, document_type, document_id, expected_on, currency, amount_doc
    from recurring
    where ended_on is null or expected_on <= ended_on
)

select
    every_flow.layer,
    every_flow.entity_id,
    every_flow.document_type,
    every_flow.document_id,
    every_flow.expected_on,
    every_flow.currency,
    {{ money('every_flow.amount_doc') }} as amount_doc
from every_flow
cross join run_context
where every_flow.expected_on > run_context.as_of
