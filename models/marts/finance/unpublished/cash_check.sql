-- One row per entity, currency and month: what the bank statements say is there is the balance of the bank accounts in the
-- ledger, in the account's own currency. Quarantined statement lines are taken from their record, else set aside with the
-- document they name.
with bank_balances as (select * from {{ ref('fct_bank_balances') }}),

bank_accounts as (select * from {{ ref('int_bank_accounts') }}),

bank_lines as (select * from {{ ref('fct_bank_lines') }}),

journal_lines as (select * from {{ ref('fct_journal_lines') }}),

accounts as (select * from {{ ref('dim_accounts') }}),

quarantined_rows as (select * from {{ source('raw', 'quarantined_row') }}),

named_documents as (select * from {{ ref('int_named_documents') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

month_ends as (select * from {{ ref('int_month_ends') }}),

stated as (
    select
        entity_id,
        currency,
        month_on,
        sum(balance_doc) as left_local,
        min(case when is_opening_known then 1 else 0 end) = 1 as is_opening_known
    from bank_balances
    group by entity_id, currency, month_on
),

-- Several statement accounts may share a ledger account, so its lines are counted once per currency.
ledger_accounts as (
    select distinct
        bank_accounts.entity_id,
        bank_accounts.currency,
        accounts.account_id,
        bank_accounts.currency = entities.currency as is_in_local_currency
    from bank_accounts
    inner join entities on bank_accounts.entity_id = entities.entity_id
    inner join accounts
        on
            bank_accounts.source_system = accounts.source_system
            and bank_accounts.account_code = accounts.account_code
),

booked as (
    select
        ledger_accounts.entity_id,
        ledger_accounts.currency,
        journal_lines.month_on,
        journal_lines.document_id,
        case
            when ledger_accounts.is_in_local_currency then journal_lines.debit_local - journal_lines.credit_local
            when journal_lines.currency = ledger_accounts.currency then journal_lines.amount_doc
            else 0
        end as amount_doc
    from journal_lines
    inner join ledger_accounts
        on
            journal_lines.entity_id = ledger_accounts.entity_id
            and journal_lines.account_id = ledger_accounts.account_id
),

-- A statement line whose amount can still be read explains itself.
lines_on_record as (
    select
        bank_accounts.entity_id,
        bank_accounts.currency,
        {{ month_of(dbt.safe_cast(record_text('quarantined_rows.record', 'booked_on'), 'date')) }} as month_on,
        -{{ dbt.safe_cast(record_text('quarantined_rows.record', 'amount_doc'), 'decimal(18, 2)') }} as amount_doc
    from quarantined_rows
    inner join bank_accounts
        on
            quarantined_rows.source_system = bank_accounts.source_system
            and {{ record_text('quarantined_rows.record', 'bank_account_id') }} = bank_accounts.source_id
    where quarantined_rows.entity = 'bank_line'
),

-- One whose amount cannot be read is set aside with the document it names, and so is a journal that cannot be read.
documents_set_aside as (
    select distinct named_documents.document_id, named_documents.cause
    from named_documents
    left join quarantined_rows
        on
            quarantined_rows.entity = 'bank_line'
            and {{ record_text('quarantined_rows.record', 'document_id') }} = named_documents.document_id
            and {{ dbt.safe_cast(record_text('quarantined_rows.record', 'amount_doc'), 'decimal(18, 2)') }} is not null
            and {{ dbt.safe_cast(record_text('quarantined_rows.record', 'booked_on'), 'date') }} is not null
    where quarantined_rows.entity is null
),

set_aside as (
    select entity_id, currency, month_on, document_id, amount_doc from bank_lines
    union all
    select entity_id, currency, month_on, document_id, -amount_doc as amount_doc from booked
),

explained as (
    select entity_id, currency, month_on, amount_doc as quarantined_local, 0 as held_local
    from lines_on_record
    where amount_doc is not null and month_on is not null
    union all
    select
        set_aside.entity_id,
        set_aside.currency,
        set_aside.month_on,
        case when documents_set_aside.cause = 'quarantined' then set_aside.amount_doc else 0 end as quarantined_local,
        case when documents_set_aside.cause = 'held' then set_aside.amount_doc else 0 end as held_local
    from set_aside
    inner join documents_set_aside on set_aside.document_id = documents_set_aside.document_id
),

ledger_moves as (
    select entity_id, currency, month_on, amount_doc as right_local, 0 as quarantined_local, 0 as held_local
    from booked
    union all
    select entity_id, currency, month_on, 0 as right_local, quarantined_local, held_local
    from explained
),

moved as (
    select
        entity_id,
        currency,
        month_on,
        sum(right_local) as right_local,
        sum(quarantined_local) as quarantined_local,
        sum(held_local) as held_local
    from ledger_moves
    group by entity_id, currency, month_on
),

first_months as (
    select
        entity_id,
        currency,
        min(month_on) as month_on
    from (
        select entity_id, currency, month_on from stated
        union all
        select entity_id, currency, month_on from moved
    ) as either_side
    group by entity_id, currency
),

standing as (
    select
        first_months.entity_id,
        first_months.currency,
        month_ends.month_on,
        sum(coalesce(moved.right_local, 0)) over running as right_local,
        sum(coalesce(moved.quarantined_local, 0)) over running as quarantined_local,
        sum(coalesce(moved.held_local, 0)) over running as held_local
    from first_months
    inner join month_ends on first_months.month_on <= month_ends.month_on
    left join moved
        on
            first_months.entity_id = moved.entity_id
            and first_months.currency = moved.currency
            and month_ends.month_on = moved.month_on
    window running as (
        partition by first_months.entity_id, first_months.currency
        order by month_ends.month_on
        rows between unbounded preceding and current row
    )
),

ledgers_delivered as (
    select distinct entity_id, currency from booked
)

select
    'cash_ties_to_bank' as check_name,
    standing.entity_id,
    standing.month_on as period_on,
    standing.currency,
    'bank statements' as left_label,
    coalesce(stated.left_local, 0) as left_local,
    'bank accounts in the ledger' as right_label,
    standing.right_local,
    standing.quarantined_local,
    standing.held_local,
    coalesce(stated.left_local, 0) - standing.right_local - standing.quarantined_local - standing.held_local
        as difference_local,
    coalesce(stated.is_opening_known, false) and ledgers_delivered.entity_id is not null as is_covered
from standing
left join stated
    on
        standing.entity_id = stated.entity_id
        and standing.currency = stated.currency
        and standing.month_on = stated.month_on
left join ledgers_delivered
    on
        standing.entity_id = ledgers_delivered.entity_id
        and standing.currency = ledgers_delivered.currency
