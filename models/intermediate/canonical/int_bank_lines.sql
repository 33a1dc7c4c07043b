-- One row per line of a bank statement, with its account's entity, currency and ledger account.
with bank_lines as ({{ canonical('bank_line') }}),

bank_accounts as (select * from {{ ref('int_bank_accounts') }})

select
    bank_lines.bank_line_id,
    bank_lines.bank_account_id,
    bank_lines.booked_on,
    bank_lines.amount_doc,
    bank_lines.balance_doc,
    bank_lines.counterparty,
    bank_lines.reference,
    bank_lines.document_id,
    bank_lines.source_system,
    bank_lines.source_id,
    bank_lines.batch_id,
    bank_lines.batch_row,
    bank_lines.loaded_at,
    bank_accounts.entity_id,
    bank_accounts.currency,
    bank_accounts.account_code
from bank_lines
left join bank_accounts on bank_lines.bank_account_id = bank_accounts.bank_account_id
