-- One row per published version, method, entity and week that its projection looked ahead to: the balance expected at the end
-- of the week, as it was published, and what the banks then had; null while the week has not passed, or without statements.
-- is_warned: told to be below the minimum balance (plumbline.yaml, as set now); is_at_risk: that one in ten paths were;
-- is_breached: it was. Later versions of the same as-of day are further rows: is_last_of_day marks the one that readers were left with.
with projections as (select * from {{ source('raw', 'projection_history') }}),

bank_lines as (select * from {{ ref('fct_bank_lines') }}),

bank_balances as (select * from {{ ref('fct_bank_balances') }}),

minimums as (select entity_id, minimum_rpt from {{ ref('int_cash_entities') }}),

run_context as (select * from {{ ref('int_run_context') }}),

weekly as (
    select
        version,
        known_at,
        as_of_on,
        method,
        entity_id,
        week_no,
        week_on,
        cast({{ dbt.dateadd('day', 6, 'week_on') }} as date) as week_end_on,
        sum(amount_rpt) as amount_rpt,
        max(balance_rpt) as balance_rpt,
        max(p10_balance_rpt) as p10_balance_rpt,
        max(p90_balance_rpt) as p90_balance_rpt
    from projections
    where scenario = 'base' and layer <> 'bank'
    group by version, known_at, as_of_on, method, entity_id, week_no, week_on
),

last_versions as (
    select
        as_of_on,
        max(version) as version
    from projections
    group by as_of_on
),

balances_now as (
    select
        bank_balances.entity_id,
        sum(bank_balances.balance_rpt) as balance_rpt
    from bank_balances
    inner join run_context on bank_balances.as_of_on = run_context.as_of
    group by bank_balances.entity_id
),

week_ends as (
    select distinct
        weekly.entity_id,
        weekly.week_end_on
    from weekly
    cross join run_context
    where weekly.week_end_on <= run_context.as_of
),

-- Back from today's balance, by what the banks booked since.
actual_balances as (
    select
        week_ends.entity_id,
        week_ends.week_end_on,
        max(balances_now.balance_rpt) - coalesce(sum(bank_lines.amount_rpt), 0) as balance_rpt
    from week_ends
    inner join balances_now on week_ends.entity_id = balances_now.entity_id
    left join bank_lines
        on
            week_ends.entity_id = bank_lines.entity_id
            and week_ends.week_end_on < bank_lines.booked_on
    group by week_ends.entity_id, week_ends.week_end_on
)

select
    weekly.version,
    weekly.known_at,
    weekly.as_of_on as projected_on,
    weekly.method,
    weekly.entity_id,
    weekly.week_no,
    weekly.week_on,
    {{ money('weekly.amount_rpt') }} as projected_rpt,
    weekly.balance_rpt as projected_balance_rpt,
    weekly.p10_balance_rpt,
    weekly.p90_balance_rpt,
    {{ money('actual_balances.balance_rpt') }} as actual_balance_rpt,
    {{ money('weekly.balance_rpt - actual_balances.balance_rpt') }} as error_rpt,
    actual_balances.balance_rpt between weekly.p10_balance_rpt and weekly.p90_balance_rpt as is_in_band,
    weekly.version = last_versions.version as is_last_of_day,
    minimums.minimum_rpt as minimum_balance_rpt,
    weekly.balance_rpt < minimums.minimum_rpt as is_warned,
    weekly.p10_balance_rpt < minimums.minimum_rpt as is_at_risk,
    actual_balances.balance_rpt < minimums.minimum_rpt as is_breached
from weekly
inner join last_versions on weekly.as_of_on = last_versions.as_of_on
left join minimums on weekly.entity_id = minimums.entity_id
left join actual_balances
    on
        weekly.entity_id = actual_balances.entity_id
        and weekly.week_end_on = actual_balances.week_end_on
