-- One row per entity, month and account of a ledger that comes as balances only: what moved since the balance before.
-- An entity that has journal lines is taken from those alone, so that nothing is counted twice.
with account_balances as (select * from {{ ref('int_account_balances') }} where scenario = 'actual'),

journal_lines as (select * from {{ ref('int_journal_lines') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

run_context as (select * from {{ ref('int_run_context') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

entities_with_journals as (
    select distinct entity_id from journal_lines
),

movements as (
    select
        account_balances.entity_id,
        account_balances.period_end_on,
        account_balances.source_system || ':' || account_balances.account_code as account_id,
        {{ money(
            'coalesce(account_balances.movement_local, account_balances.balance_local'
            ~ ' - coalesce(lag(account_balances.balance_local) over (partition by account_balances.source_system,'
            ~ ' account_balances.entity_id, account_balances.account_code order by account_balances.period_end_on), 0))'
        ) }} as movement_local
    from account_balances
    cross join run_context
    left join entities_with_journals on account_balances.entity_id = entities_with_journals.entity_id
    where
        account_balances.period_end_on <= run_context.as_of
        and entities_with_journals.entity_id is null
),

reported as (
    select
        movements.*,
        {{ in_reporting_currency('movements.movement_local') }} as movement_rpt
    from movements
    inner join entities on movements.entity_id = entities.entity_id
    left join reporting_rates
        on
            entities.currency = reporting_rates.currency
            and movements.period_end_on = reporting_rates.rate_on
)

select
    entity_id,
    {{ month_of('period_end_on') }} as period_on,
    account_id,
    {{ money('sum(greatest(movement_local, 0))') }} as debit_local,
    {{ money('sum(greatest(-movement_local, 0))') }} as credit_local,
    {{ money('sum(greatest(movement_rpt, 0))') }} as debit_rpt,
    {{ money('sum(greatest(-movement_rpt, 0))') }} as credit_rpt
from reported
where movement_rpt is not null
group by entity_id, {{ month_of('period_end_on') }}, account_id
