-- One row per bank account and month end (and the as-of day) since its first statement line: what the bank says is there.
-- The opening balance is the first line's balance before it; an account whose lines carry no balance opens at zero and
-- is marked, because then only its changes are known.
with bank_lines as (select * from {{ ref('fct_bank_lines') }}),

statement_lines as (select * from {{ ref('int_bank_lines') }}),

-- Statements list the lines of a day in their order, so the row of the file says which one came first.
lines_in_order as (
    select
        *,
        row_number() over (partition by bank_account_id order by booked_on, batch_row, bank_line_id) as place
    from statement_lines
),

accounts as (
    select
        bank_account_id,
        entity_id,
        currency,
        {{ month_of('booked_on') }} as first_month_on,
        coalesce(balance_doc - amount_doc, 0) as opening_doc,
        balance_doc is not null as is_opening_known,
        source_system
    from lines_in_order
    where place = 1
),

month_ends as (select * from {{ ref('int_month_ends') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

run_context as (select * from {{ ref('int_run_context') }}),

rates_to_local as (select * from {{ ref('int_exchange_rates_daily') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

movements as (
    select
        bank_account_id,
        month_on,
        sum(amount_doc) as movement_doc
    from bank_lines
    group by bank_account_id, month_on
),

balances as (
    select
        accounts.bank_account_id,
        accounts.entity_id,
        accounts.currency,
        accounts.is_opening_known,
        accounts.source_system,
        month_ends.month_on,
        month_ends.as_of_on,
        {{ money('coalesce(movements.movement_doc, 0)') }} as movement_doc,
        {{ money(
            'accounts.opening_doc + sum(coalesce(movements.movement_doc, 0)) over (partition by accounts.bank_account_id'
            ~ ' order by month_ends.month_on rows between unbounded preceding and current row)'
        ) }} as balance_doc
    from accounts
    inner join month_ends on accounts.first_month_on <= month_ends.month_on
    left join movements
        on
            accounts.bank_account_id = movements.bank_account_id
            and month_ends.month_on = movements.month_on
)

select
    balances.bank_account_id,
    balances.entity_id,
    balances.month_on,
    balances.as_of_on,
    balances.currency,
    balances.movement_doc,
    balances.balance_doc,
    case
        when balances.currency = entities.currency then balances.balance_doc
        else {{ converted('balances.balance_doc', 'rates_to_local.rate') }}
    end as balance_local,
    case
        when balances.currency = run_context.reporting_currency then balances.balance_doc
        else {{ converted('balances.balance_doc', 'reporting_rates.rate') }}
    end as balance_rpt,
    balances.is_opening_known,
    balances.source_system
from balances
cross join run_context
inner join entities on balances.entity_id = entities.entity_id
left join rates_to_local
    on
        balances.currency = rates_to_local.from_currency
        and entities.currency = rates_to_local.to_currency
        and balances.as_of_on = rates_to_local.rate_on
left join reporting_rates
    on
        balances.currency = reporting_rates.currency
        and balances.as_of_on = reporting_rates.rate_on
