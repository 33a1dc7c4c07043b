-- One row per check, entity, month, currency and left side: two numbers that must be the same, what quarantined and held
-- documents explain of their difference, and what is left. Balances are checked as they stand at the month's end, flows in
-- their month. difference = left - right - quarantined - held. A side that no source provides makes the row not covered.
with checks as (
    select * from {{ ref('journals_check') }}
    union all
    select * from {{ ref('balance_sheet_check') }}
    union all
    select * from {{ ref('subledger_check') }}
    union all
    select * from {{ ref('margins_check') }}
    union all
    select * from {{ ref('cash_check') }}
    union all
    select * from {{ ref('stock_check') }}
    union all
    select * from {{ ref('payroll_check') }}
    union all
    select * from {{ ref('loads_check') }}
    union all
    select * from {{ ref('retained_earnings_check') }}
    union all
    select * from {{ ref('cash_flow_check') }}
    union all
    select * from {{ ref('consolidation_check') }}
    union all
    select * from {{ ref('stock_profit_check') }}
    union all
    select * from {{ ref('open_items_check') }}
),

run_context as (select * from {{ ref('int_run_context') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

check_names as (
    select check_names.check_name
    from (
        values
        ('journals_balance'), ('balance_sheet_balances'), ('receivables_tie_to_ledger'), ('payables_tie_to_ledger'),
        ('margins_tie_to_ledger_revenue'), ('margins_tie_to_ledger_cost'), ('cash_ties_to_bank'),
        ('stock_ties_to_ledger'), ('payroll_ties_to_ledger'), ('profit_rolls_to_retained_earnings'),
        ('cash_flow_ties_to_cash'), ('open_items_within_documents')
    ) as check_names (check_name)
),

entities_checked as (
    select distinct check_name, entity_id from checks
),

-- An entity that a check finds nothing of on either side is shown as not covered, in the as-of month.
nothing_to_check as (
    select
        check_names.check_name,
        entities.entity_id,
        {{ month_of('run_context.as_of') }} as period_on,
        entities.currency
    from check_names
    cross join entities
    cross join run_context
    left join entities_checked
        on
            check_names.check_name = entities_checked.check_name
            and entities.entity_id = entities_checked.entity_id
    where entities_checked.entity_id is null
),

every_check as (
    select
        check_name, entity_id, period_on, currency, left_label, left_local, right_label, right_local,
        quarantined_local, held_local, difference_local, is_covered
    from checks
    union all
    select
        check_name, entity_id, period_on, currency, 'no data' as left_label, null as left_local,
        'no data' as right_label, null as right_local,
        null as quarantined_local, null as held_local, null as difference_local, false as is_covered
    from nothing_to_check
)

select
    check_name,
    entity_id,
    period_on,
    currency,
    left_label,
    {{ money('left_local') }} as left_local,
    right_label,
    {{ money('right_local') }} as right_local,
    {{ money('quarantined_local') }} as quarantined_local,
    {{ money('held_local') }} as held_local,
    case when is_covered then {{ money('difference_local') }} end as difference_local,
    case
        when not is_covered then 'not_covered'
        when difference_local = 0 then 'tied'
        else 'difference'
    end as status
from every_check
