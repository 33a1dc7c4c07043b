-- One row per loaded row that money marts leave out, and per account without a class, with the reason and what is needed.
with held_documents as (select * from {{ ref('int_held_documents') }}),

accounts as (select * from {{ ref('dim_accounts') }}),

balances as (select * from {{ ref('trial_balance') }}),

deals as (select * from {{ ref('fct_deals') }}),

run_context as (select * from {{ ref('int_run_context') }}),

unclassified as (
    select
        accounts.source_system,
        accounts.account_code,
        accounts.source_account_type,
        sum(balances.debit_local + balances.credit_local) as moved_local
    from accounts
    inner join balances on accounts.account_id = balances.account_id
    where accounts.account_type = 'unclassified'
    group by accounts.source_system, accounts.account_code, accounts.source_account_type
)

select
    entity,
    source_system,
    source_id,
    entity_id,
    event_on,
    reason,
    document_type,
    document_id,
    currency,
    amount_doc,
    amount_local,
    message
from held_documents
union all
select
    'gl_account' as entity,
    source_system,
    account_code as source_id,
    null as entity_id,
    null as event_on,
    'missing_class' as reason,
    null as document_type,
    null as document_id,
    null as currency,
    null as amount_doc,
    {{ money('moved_local') }} as amount_local,
    'account type ' || coalesce(source_account_type, '(none)') || ' is not one of seeds/reference/account_types.csv'
        as message
from unclassified
union all
-- A deal stays in sales.fct_deals, where it counts, but its amount is in no total.
select
    'deal' as entity,
    deals.source_system,
    deals.source_id,
    deals.entity_id,
    coalesce(deals.closed_on, deals.created_on) as event_on,
    'missing_rate' as reason,
    'deal' as document_type,
    deals.source_id as document_id,
    deals.currency,
    deals.amount_doc,
    null as amount_local,
    'no spot rate ' || deals.currency || ' to ' || run_context.reporting_currency || ' within seven days before '
    || cast(coalesce(deals.closed_on, deals.created_on) as varchar) as message
from deals
cross join run_context
where deals.amount_doc is not null and deals.amount_rpt is null
