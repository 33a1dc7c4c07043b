-- One row per entity and month: gross pay and employer's cost of payroll lines paid in the month are what payroll journals
-- booked as expense. Expenses booked by other documents, such as an accrual by hand, are not payroll's to explain.
with payroll_lines as (select * from {{ ref('int_payroll_lines') }}),

journal_lines as (
    select * from {{ ref('fct_journal_lines') }} where account_type = 'payroll_expense' and document_type = 'payroll'
),

quarantined_rows as (select * from {{ source('raw', 'quarantined_row') }} where entity in ('payroll_line', 'journal_line')),

entities as (select * from {{ ref('int_legal_entities') }}),

run_context as (select * from {{ ref('int_run_context') }}),

both_sides as (
    select
        payroll_lines.entity_id,
        {{ month_of('coalesce(payroll_lines.paid_on, payroll_lines.period_on)') }} as month_on,
        payroll_lines.gross_local + coalesce(payroll_lines.employer_cost_local, 0) as left_local,
        0 as right_local,
        0 as quarantined_local
    from payroll_lines
    cross join run_context
    where coalesce(payroll_lines.paid_on, payroll_lines.period_on) <= run_context.as_of
    union all
    select entity_id, month_on, 0 as left_local, debit_local - credit_local as right_local, 0 as quarantined_local
    from journal_lines
    union all
    select
        {{ record_text('quarantined_rows.record', 'entity_id') }} as entity_id,
        {{ month_of(dbt.safe_cast(
            "coalesce(" ~ record_text('quarantined_rows.record', 'paid_on') ~ ", "
            ~ record_text('quarantined_rows.record', 'period_on') ~ ")", 'date'
        )) }} as month_on,
        0 as left_local,
        0 as right_local,
        -(
            coalesce({{ dbt.safe_cast(record_text('quarantined_rows.record', 'gross_local'), 'decimal(18, 2)') }}, 0)
            + coalesce({{ dbt.safe_cast(record_text('quarantined_rows.record', 'employer_cost_local'), 'decimal(18, 2)') }}, 0)
        ) as quarantined_local
    from quarantined_rows
    where quarantined_rows.entity = 'payroll_line'
    union all
    select
        {{ record_text('quarantined_rows.record', 'entity_id') }} as entity_id,
        {{ month_of(dbt.safe_cast(record_text('quarantined_rows.record', 'posted_on'), 'date')) }} as month_on,
        0 as left_local,
        0 as right_local,
        coalesce({{ dbt.safe_cast(record_text('quarantined_rows.record', 'debit_local'), 'decimal(18, 2)') }}, 0)
        - coalesce({{ dbt.safe_cast(record_text('quarantined_rows.record', 'credit_local'), 'decimal(18, 2)') }}, 0)
            as quarantined_local
    from quarantined_rows
    inner join {{ ref('dim_accounts') }} as accounts
        on
            quarantined_rows.source_system = accounts.source_system
            and {{ record_text('quarantined_rows.record', 'account_code') }} = accounts.account_code
    where
        quarantined_rows.entity = 'journal_line'
        and accounts.account_type = 'payroll_expense'
        and {{ record_text('quarantined_rows.record', 'document_type') }} = 'payroll'
),

moved as (
    select
        entity_id,
        month_on,
        sum(left_local) as left_local,
        sum(right_local) as right_local,
        sum(quarantined_local) as quarantined_local
    from both_sides
    where month_on is not null
    group by entity_id, month_on
),

lines_delivered as (
    select distinct entity_id from payroll_lines
),

ledgers_delivered as (
    select distinct entity_id from journal_lines
)

select
    'payroll_ties_to_ledger' as check_name,
    moved.entity_id,
    moved.month_on as period_on,
    entities.currency,
    'payroll lines' as left_label,
    moved.left_local,
    'payroll expense' as right_label,
    moved.right_local,
    moved.quarantined_local,
    0 as held_local,
    moved.left_local - moved.right_local - moved.quarantined_local as difference_local,
    lines_delivered.entity_id is not null and ledgers_delivered.entity_id is not null as is_covered
from moved
inner join entities on moved.entity_id = entities.entity_id
left join lines_delivered on moved.entity_id = lines_delivered.entity_id
left join ledgers_delivered on moved.entity_id = ledgers_delivered.entity_id
