-- One row per line of a bank statement and per document booked on a bank account that no line was found for, up to the as-of
-- day. Rules, first hit wins, and every one but the first needs the amounts to agree and no other candidate on either side:
-- `document`, the line names the document; `reference`, its text holds the document's number or that of an invoice or bill
-- that it settles; `counterparty`, it names the document's customer or vendor, within thirty days; `amount_and_day`, within
-- five days. What is left is `unmatched`, and `amount_differs` where a document is named and its amount is another; bank_rules
-- (a seed) says what a line that is left looks like. An opening balance booked without a line is no movement of the bank.
with bank_lines as (select * from {{ ref('fct_bank_lines') }}),

bank_accounts as (select * from {{ ref('int_bank_accounts') }}),

journal_lines as (select * from {{ ref('fct_journal_lines') }}),

bank_rules as (select * from {{ ref('bank_rules') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

daily_rates as (select * from {{ ref('int_exchange_rates_daily') }}),

run_context as (select * from {{ ref('int_run_context') }}),

partners as (
    select customer_id as partner_id, lower(trim(name)) as partner_name from {{ ref('int_customers') }}
    union all
    select vendor_id as partner_id, lower(trim(name)) as partner_name from {{ ref('int_vendors') }}
),

applications as (
    select payment_id, invoice_id as settled_id, source_system from {{ ref('int_payment_applications') }}
    where payment_id is not null
    union all
    select bill_payment_id as payment_id, bill_id as settled_id, source_system
    from {{ ref('int_bill_payment_applications') }}
),

ledger_accounts as (
    select distinct
        bank_accounts.entity_id,
        bank_accounts.source_system || ':' || bank_accounts.account_code as account_id,
        bank_accounts.account_code,
        bank_accounts.currency,
        bank_accounts.currency = entities.currency as is_in_local_currency
    from bank_accounts
    inner join entities on bank_accounts.entity_id = entities.entity_id
),

-- A booking in another currency than the account's moves no money of it: a revaluation.
booked as (
    select
        journal_lines.entity_id,
        ledger_accounts.account_code,
        journal_lines.source_system,
        coalesce(journal_lines.document_id, journal_lines.journal_id) as document_id,
        ledger_accounts.currency,
        journal_lines.posted_on,
        journal_lines.document_type,
        journal_lines.debit_local - journal_lines.credit_local as amount_local,
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

booked_documents as (
    select distinct
        source_system,
        document_id,
        document_type
    from booked
),

-- The customer or vendor stands on another line of the document than the bank's.
document_partners as (
    select
        journal_lines.source_system,
        journal_lines.document_id,
        max(coalesce(journal_lines.customer_id, journal_lines.vendor_id)) as partner_id
    from journal_lines
    inner join booked_documents
        on
            journal_lines.source_system = booked_documents.source_system
            and journal_lines.document_id = booked_documents.document_id
            and journal_lines.document_type = booked_documents.document_type
    where coalesce(journal_lines.customer_id, journal_lines.vendor_id) is not null
    group by journal_lines.source_system, journal_lines.document_id
),

bookings as (
    select
        entity_id,
        account_code,
        source_system,
        document_id,
        currency,
        entity_id || '|' || account_code || '|' || currency || '|' || source_system || '|' || document_id as booking_id,
        min(posted_on) as booked_on,
        max(document_type) as document_type,
        sum(amount_doc) as amount_doc,
        sum(case when amount_doc <> 0 then amount_local else 0 end) as amount_local
    from booked
    group by entity_id, account_code, source_system, document_id, currency
    having sum(amount_doc) <> 0
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
        bookings.booking_id,
        bookings.document_id as booked_document_id,
        lines_by_document.document_amount_doc - bookings.amount_doc as difference_doc
    from lines_by_document
    left join bookings
        on
            lines_by_document.entity_id = bookings.entity_id
            and lines_by_document.account_code = bookings.account_code
            and lines_by_document.currency = bookings.currency
            and lines_by_document.source_system = bookings.source_system
            and lines_by_document.document_id = bookings.document_id
),

lines_left as (
    select * from by_document
    where booked_document_id is null
),

bookings_found as (
    select distinct booking_id from by_document
    where booking_id is not null
),

bookings_left as (
    select bookings.*
    from bookings
    left join bookings_found on bookings.booking_id = bookings_found.booking_id
    where bookings_found.booking_id is null
),

same_amount as (
    select
        lines_left.bank_line_id,
        lines_left.reference,
        lower(trim(lines_left.counterparty)) as counterparty_name,
        bookings_left.booking_id,
        bookings_left.document_id,
        bookings_left.source_system,
        document_partners.partner_id,
        abs({{ dbt.datediff('lines_left.booked_on', 'bookings_left.booked_on', 'day') }}) as days_apart
    from lines_left
    inner join bookings_left
        on
            lines_left.entity_id = bookings_left.entity_id
            and lines_left.account_code = bookings_left.account_code
            and lines_left.currency = bookings_left.currency
            and lines_left.amount_doc = bookings_left.amount_doc
    left join document_partners
        on
            bookings_left.source_system = document_partners.source_system
            and bookings_left.document_id = document_partners.document_id
    where abs({{ dbt.datediff('lines_left.booked_on', 'bookings_left.booked_on', 'day') }}) <= 90
),

-- Short numbers are found in any text.
candidates as (
    select
        same_amount.bank_line_id,
        same_amount.booking_id,
        same_amount.document_id,
        max(
            case
                when length(same_amount.document_id) >= 5 and same_amount.reference like '%' || same_amount.document_id || '%'
                    then 1
                when
                    length(applications.settled_id) >= length(applications.source_system) + 6
                    and same_amount.reference
                    like '%' || substring(applications.settled_id, length(applications.source_system) + 2) || '%'
                    then 1
                else 0
            end
        ) as is_reference,
        max(
            case when same_amount.days_apart <= 30 and same_amount.counterparty_name = partners.partner_name then 1 else 0 end
        ) as is_counterparty,
        max(case when same_amount.days_apart <= 5 then 1 else 0 end) as is_near
    from same_amount
    left join partners on same_amount.partner_id = partners.partner_id
    left join applications
        on
            same_amount.source_system = applications.source_system
            and same_amount.source_system || ':' || same_amount.document_id = applications.payment_id
    group by same_amount.bank_line_id, same_amount.booking_id, same_amount.document_id
),

by_reference as (
    {{ only_pairs('candidates', 'is_reference') }}
),

left_by_reference as (
    {{ without_pairs('candidates', 'by_reference') }}
),

by_counterparty as (
    {{ only_pairs('left_by_reference', 'is_counterparty') }}
),

left_by_counterparty as (
    {{ without_pairs('left_by_reference', 'by_counterparty') }}
),

by_amount as (
    {{ only_pairs('left_by_counterparty', 'is_near') }}
),

found as (
    select bank_line_id, booking_id, document_id, 'reference' as rule from by_reference
    union all
    select bank_line_id, booking_id, document_id, 'counterparty' as rule from by_counterparty
    union all
    select bank_line_id, booking_id, document_id, 'amount_and_day' as rule from by_amount
),

near_misses as (
    select
        bank_line_id,
        max(is_near) as is_near
    from candidates
    group by bank_line_id
),

recognised as (
    select
        lines_left.bank_line_id,
        bank_rules.bank_rule_id,
        bank_rules.category,
        bank_rules.account_code,
        row_number() over (partition by lines_left.bank_line_id order by bank_rules.sort) as place
    from lines_left
    inner join bank_rules
        on
            case bank_rules.match_on
                when 'reference' then lower(lines_left.reference)
                else lower(lines_left.counterparty)
            end like bank_rules.pattern
            and (
                bank_rules.direction = 'any'
                or (bank_rules.direction = 'in' and lines_left.amount_doc > 0)
                or (bank_rules.direction = 'out' and lines_left.amount_doc < 0)
            )
),

every_row as (
    select
        'bank' as side, by_document.bank_line_id as item_id, by_document.entity_id, by_document.account_code,
        by_document.booked_on, by_document.currency, by_document.amount_doc, null as booked_local,
        coalesce(by_document.booked_document_id, found.document_id) as matched_document_id,
        case
            when by_document.booked_document_id is not null and by_document.difference_doc = 0 then 'document'
            when by_document.booked_document_id is not null then 'amount_differs'
            else coalesce(found.rule, 'unmatched')
        end as rule,
        case
            when by_document.difference_doc <> 0 then 'the document it names is booked with another amount'
            when by_document.booked_document_id is not null or found.rule is not null then null
            when by_document.document_id is not null then 'the document it names is not booked on the account'
            when near_misses.is_near = 1 then 'several lines or bookings have this amount'
            when near_misses.is_near = 0 then 'the booking of this amount is more than five days away'
            else 'no booking has this amount'
        end as reason,
        case when by_document.difference_doc <> 0 then by_document.difference_doc end as difference_doc,
        by_document.counterparty, by_document.reference, by_document.source_system,
        recognised.bank_rule_id, recognised.category, recognised.account_code as category_account_code
    from by_document
    left join found on by_document.bank_line_id = found.bank_line_id
    left join near_misses on by_document.bank_line_id = near_misses.bank_line_id
    left join recognised
        on
            by_document.bank_line_id = recognised.bank_line_id
            and found.bank_line_id is null
            and recognised.place = 1
    union all
    select
        'ledger' as side, bookings_left.document_id as item_id, bookings_left.entity_id, bookings_left.account_code,
        bookings_left.booked_on, bookings_left.currency, bookings_left.amount_doc, bookings_left.amount_local as booked_local,
        null as matched_document_id, 'unmatched' as rule, 'no line of the bank was found for it' as reason,
        null as difference_doc,
        null as counterparty, null as reference, bookings_left.source_system,
        null as bank_rule_id, null as category, null as category_account_code
    from bookings_left
    left join found on bookings_left.booking_id = found.booking_id
    where
        found.booking_id is null
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
    every_row.rule in ('document', 'reference', 'counterparty', 'amount_and_day') as is_matched,
    every_row.matched_document_id,
    {{ money('every_row.difference_doc') }} as difference_doc,
    case
        when every_row.rule in ('unmatched', 'amount_differs')
            then cast({{ dbt.datediff('every_row.booked_on', 'run_context.as_of', 'day') }} as integer)
    end as open_days,
    every_row.counterparty,
    every_row.reference,
    every_row.source_system,
    entities.currency as local_currency,
    case
        when every_row.currency = entities.currency then {{ money('every_row.amount_doc') }}
        when every_row.side = 'ledger' then {{ money('every_row.booked_local') }}
        else {{ converted('every_row.amount_doc', 'daily_rates.rate') }}
    end as amount_local,
    every_row.reason,
    every_row.category,
    every_row.category_account_code,
    every_row.bank_rule_id
from every_row
cross join run_context
inner join entities on every_row.entity_id = entities.entity_id
left join daily_rates
    on
        every_row.currency = daily_rates.from_currency
        and entities.currency = daily_rates.to_currency
        and every_row.booked_on = daily_rates.rate_on
