-- One row per line of a bank statement and per document booked on a bank account that no line was found for, up to the as-of
-- day. Rules, first hit wins: `document`, the line names the document and the amounts agree; `amount_and_day`, one line
-- and one booking of the account agree in amount, within five days, and no other does. What is left is `unmatched`, and
-- `amount_differs` where a document is named and its amount is another. An opening balance
-- booked without a line is no movement of the bank and not listed.
with bank_lines as (select * from {{ ref('fct_bank_lines') }}),

bank_accounts as (select * from {{ ref('int_bank_accounts') }}),

journal_lines as (select * from {{ ref('fct_journal_lines') }}),

run_context as (select * from {{ ref('int_run_context') }}),

ledger_accounts as (
    select distinct
        entity_id,
        source_system || ':' || account_code as account_id,
        account_code,
        currency
    from bank_accounts
),

bookings as (
    select
        journal_lines.entity_id,
        ledger_accounts.account_code,
        journal_lines.source_system,
        coalesce(journal_lines.document_id, journal_lines.journal_id) as document_id,
        ledger_accounts.currency,
        min(journal_lines.posted_on) as booked_on,
        max(journal_lines.document_type) as document_type,
        sum(
            case
                when journal_lines.currency = ledger_accounts.currency then journal_lines.amount_doc
                else journal_lines.debit_local - journal_lines.credit_local
            end
        ) as amount_doc
    from journal_lines
    inner join ledger_accounts
        on
            journal_lines.entity_id = ledger_accounts.entity_id
            and journal_lines.account_id = ledger_accounts.account_id
    group by
        journal_lines.entity_id, ledger_accounts.account_code, journal_lines.source_system,
        coalesce(journal_lines.document_id, journal_lines.journal_id), ledger_accounts.currency
    having
        sum(
            case
                when journal_lines.currency = ledger_accounts.currency then journal_lines.amount_doc
                else journal_lines.debit_local - journal_lines.credit_local
            end
        ) <> 0
),

-- A document may be paid in several lines: they are compared as one.
lines_by_document as (
    select
        *,
        sum(amount_doc) over (partition by entity_id, account_code, source_system, document_id) as document_amount_doc
    from bank_lines
),

by_document as (
    select
        lines_by_document.bank_line_id,
        lines_by_document.entity_id,
        lines_by_document.account_code,
        lines_by_document.source_system,
        lines_by_document.document_id,
        lines_by_document.booked_on,
        lines_by_document.currency,
        lines_by_document.amount_doc,
        lines_by_document.counterparty,
        lines_by_document.reference,
        bookings.document_id as booked_document_id,
        lines_by_document.document_amount_doc - bookings.amount_doc as difference_doc
    from lines_by_document
    left join bookings
        on
            lines_by_document.entity_id = bookings.entity_id
            and lines_by_document.account_code = bookings.account_code
            and lines_by_document.source_system = bookings.source_system
            and lines_by_document.document_id = bookings.document_id
),

lines_left as (
    select * from by_document
    where booked_document_id is null
),

bookings_found as (
    select distinct entity_id, account_code, source_system, booked_document_id
    from by_document
    where booked_document_id is not null
),

bookings_left as (
    select bookings.*
    from bookings
    left join bookings_found as found
        on
            bookings.entity_id = found.entity_id
            and bookings.account_code = found.account_code
            and bookings.source_system = found.source_system
            and bookings.document_id = found.booked_document_id
    where found.booked_document_id is null
),

candidates as (
    select
        lines_left.bank_line_id,
        bookings_left.document_id,
        bookings_left.source_system,
        bookings_left.entity_id,
        bookings_left.account_code,
        count(*) over (partition by lines_left.bank_line_id) as bookings_count,
        count(*) over (
            partition by
                bookings_left.entity_id, bookings_left.account_code, bookings_left.source_system, bookings_left.document_id
        ) as lines_count
    from lines_left
    inner join bookings_left
        on
            lines_left.entity_id = bookings_left.entity_id
            and lines_left.account_code = bookings_left.account_code
            and lines_left.amount_doc = bookings_left.amount_doc
            and abs({{ dbt.datediff('lines_left.booked_on', 'bookings_left.booked_on', 'day') }}) <= 5
),

by_amount as (
    select * from candidates
    where bookings_count = 1 and lines_count = 1
),

every_row as (
    select
        'bank' as side, by_document.bank_line_id as item_id, by_document.entity_id, by_document.account_code,
        by_document.booked_on, by_document.currency, by_document.amount_doc,
        coalesce(by_document.booked_document_id, by_amount.document_id) as matched_document_id,
        case
            when by_document.booked_document_id is not null and by_document.difference_doc = 0 then 'document'
            when by_document.booked_document_id is not null then 'amount_differs'
            when by_amount.document_id is not null then 'amount_and_day'
            else 'unmatched'
        end as rule,
        case when by_document.difference_doc <> 0 then by_document.difference_doc end as difference_doc,
        by_document.counterparty, by_document.reference, by_document.source_system
    from by_document
    left join by_amount on by_document.bank_line_id = by_amount.bank_line_id
    union all
    select
        'ledger' as side, bookings_left.document_id as item_id, bookings_left.entity_id, bookings_left.account_code,
        bookings_left.booked_on, bookings_left.currency, bookings_left.amount_doc,
        null as matched_document_id, 'unmatched' as rule, null as difference_doc,
        null as counterparty, null as reference, bookings_left.source_system
    from bookings_left
    left join by_amount
        on
            bookings_left.entity_id = by_amount.entity_id
            and bookings_left.account_code = by_amount.account_code
            and bookings_left.source_system = by_amount.source_system
            and bookings_left.document_id = by_amount.document_id
    where
        by_amount.document_id is null
        and coalesce(bookings_left.document_type, '') <> 'opening'
)

select
    every_row.side,
    every_row.item_id,
    every_row.entity_id,
    every_row.account_code,
    every_row.booked_on,
    {{ month_of('every_row.booked_on') }} as month_on,
    every_row.currency,
    {{ money('every_row.amount_doc') }} as amount_doc,
    every_row.rule,
    every_row.rule in ('document', 'amount_and_day') as is_matched,
    every_row.matched_document_id,
    {{ money('every_row.difference_doc') }} as difference_doc,
    case
        when every_row.rule in ('unmatched', 'amount_differs')
            then cast({{ dbt.datediff('every_row.booked_on', 'run_context.as_of', 'day') }} as integer)
    end as open_days,
    every_row.counterparty,
    every_row.reference,
    every_row.source_system
from every_row
cross join run_context
