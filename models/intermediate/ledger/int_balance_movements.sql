-- One row per entity, month, account, department and kind of entry of a ledger that comes as balances only: what moved
-- since the statement before. Of a month, an entity's last statement counts; an account that it no longer lists is at zero.
-- The first statement opens the books. Where the ledger carries its result in an account of type current_earnings, each
-- movement of a profit and loss account has a closing entry beside it, because equity already holds it.
-- An entity that has journal lines is taken from those alone, so that nothing is counted twice.
with account_balances as (select * from {{ ref('int_account_balances') }} where scenario = 'actual'),

journal_lines as (select * from {{ ref('int_journal_lines') }}),

accounts as (select * from {{ ref('dim_accounts') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

run_context as (select * from {{ ref('int_run_context') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

entities_with_journals as (
    select distinct entity_id from journal_lines
),

listed as (
    select
        account_balances.source_system,
        account_balances.entity_id,
        account_balances.period_end_on,
        {{ month_of('account_balances.period_end_on') }} as period_on,
        account_balances.account_code,
        account_balances.department_code,
        account_balances.balance_local,
        account_balances.movement_local
    from account_balances
    cross join run_context
    left join entities_with_journals on account_balances.entity_id = entities_with_journals.entity_id
    where
        account_balances.period_end_on <= run_context.as_of
        and entities_with_journals.entity_id is null
),

statements as (
    select
        source_system,
        entity_id,
        period_on,
        max(period_end_on) as period_end_on,
        row_number() over (partition by source_system, entity_id order by period_on) as statement_no
    from listed
    where balance_local is not null and movement_local is null
    group by source_system, entity_id, period_on
),

standing as (
    select
        listed.source_system,
        listed.entity_id,
        listed.account_code,
        listed.department_code,
        statements.statement_no,
        sum(listed.balance_local) as balance_local
    from listed
    inner join statements
        on
            listed.source_system = statements.source_system
            and listed.entity_id = statements.entity_id
            and listed.period_end_on = statements.period_end_on
    where listed.balance_local is not null and listed.movement_local is null
    group by
        listed.source_system,
        listed.entity_id,
        listed.account_code,
        listed.department_code,
        statements.statement_no
),

changes as (
    select source_system, entity_id, account_code, department_code, statement_no, balance_local as movement_local
    from standing
    union all
    select
        source_system,
        entity_id,
        account_code,
        department_code,
        statement_no + 1 as statement_no,
        -balance_local as movement_local
    from standing
),

movements as (
    select
        changes.source_system,
        changes.entity_id,
        statements.period_end_on,
        changes.account_code,
        changes.department_code,
        case when changes.statement_no = 1 then 'opening' else 'regular' end as entry_type,
        {{ money('sum(changes.movement_local)') }} as movement_local
    from changes
    inner join statements
        on
            changes.source_system = statements.source_system
            and changes.entity_id = statements.entity_id
            and changes.statement_no = statements.statement_no
    group by
        changes.source_system,
        changes.entity_id,
        statements.period_end_on,
        changes.account_code,
        changes.department_code,
        changes.statement_no
    union all
    select
        source_system,
        entity_id,
        period_end_on,
        account_code,
        department_code,
        'regular' as entry_type,
        movement_local
    from listed
    where movement_local is not null
),

reported as (
    select
        movements.*,
        movements.source_system || ':' || movements.account_code as account_id,
        {{ in_reporting_currency('movements.movement_local') }} as movement_rpt
    from movements
    inner join entities on movements.entity_id = entities.entity_id
    left join reporting_rates
        on
            entities.currency = reporting_rates.currency
            and movements.period_end_on = reporting_rates.rate_on
),

carried_in_equity as (
    select distinct reported.entity_id
    from reported
    inner join accounts on reported.account_id = accounts.account_id
    where accounts.account_type = 'current_earnings'
),

closing_entries as (
    select
        reported.entity_id,
        reported.period_end_on,
        reported.account_id,
        reported.department_code,
        'closing' as entry_type,
        -reported.movement_local as movement_local,
        -reported.movement_rpt as movement_rpt
    from reported
    inner join accounts on reported.account_id = accounts.account_id
    inner join carried_in_equity on reported.entity_id = carried_in_equity.entity_id
    where accounts.statement = 'profit_and_loss'
),

entries as (
    select entity_id, period_end_on, account_id, department_code, entry_type, movement_local, movement_rpt
    from reported
    union all
    select entity_id, period_end_on, account_id, department_code, entry_type, movement_local, movement_rpt
    from closing_entries
)

select
    entity_id,
    {{ month_of('period_end_on') }} as period_on,
    max(period_end_on) as period_end_on,
    account_id,
    department_code,
    entry_type,
    {{ money('sum(greatest(movement_local, 0))') }} as debit_local,
    {{ money('sum(greatest(-movement_local, 0))') }} as credit_local,
    {{ money('sum(greatest(movement_rpt, 0))') }} as debit_rpt,
    {{ money('sum(greatest(-movement_rpt, 0))') }} as credit_rpt
from entries
where movement_rpt is not null
group by entity_id, {{ month_of('period_end_on') }}, account_id, department_code, entry_type
