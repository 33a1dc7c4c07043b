-- One row per entity, month and account of profit and loss: as booked, and as cash came and went. A line booked by an invoice,
-- a credit note or a bill counts in proportion to what of the document has been settled, in the month it was, each month's
-- share rounded so that the settled whole is the line to the cent. Every other entry (payroll, depreciation, bank) counts
-- as booked. Results carried to retained earnings are left out.
with journal_lines as (select * from {{ ref('fct_journal_lines') }}),

balance_movements as (select * from {{ ref('int_balance_movements') }}),

accounts as (select * from {{ ref('dim_accounts') }}),

receivable_events as (select * from {{ ref('fct_receivable_events') }}),

payable_events as (select * from {{ ref('fct_payable_events') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

month_rates as (select * from {{ ref('int_month_rates') }}),

lines as (
    select
        journal_lines.source_system,
        journal_lines.entity_id,
        journal_lines.month_on as period_on,
        journal_lines.account_id,
        coalesce(journal_lines.document_type, 'none') as document_type,
        coalesce(journal_lines.document_id, journal_lines.journal_id) as document_no,
        sum(journal_lines.credit_local - journal_lines.debit_local) as amount_local
    from journal_lines
    inner join accounts on journal_lines.account_id = accounts.account_id
    where accounts.statement = 'profit_and_loss' and journal_lines.entry_type <> 'closing'
    group by
        journal_lines.source_system, journal_lines.entity_id, journal_lines.month_on, journal_lines.account_id,
        coalesce(journal_lines.document_type, 'none'), coalesce(journal_lines.document_id, journal_lines.journal_id)
),

events as (
    select
        source_system, entity_id, document_type, substring(document_id, length(source_system) + 2) as document_no, month_on,
        case when event_type = 'posted' then amount_local else 0 end as posted_local,
        case when event_type = 'posted' then 0 else -amount_local end as settled_local
    from receivable_events
    where document_type in ('invoice', 'credit_note')
    union all
    select
        source_system, entity_id, document_type, substring(document_id, length(source_system) + 2) as document_no, month_on,
        case when event_type = 'posted' then amount_local else 0 end as posted_local,
        case when event_type = 'posted' then 0 else -amount_local end as settled_local
    from payable_events
    where document_type = 'bill'
),

documents as (
    select
        source_system,
        entity_id,
        document_type,
        document_no,
        sum(posted_local) as posted_local
    from events
    group by source_system, entity_id, document_type, document_no
    having sum(posted_local) <> 0
),

settled_months as (
    select
        events.source_system,
        events.entity_id,
        events.document_type,
        events.document_no,
        events.month_on,
        documents.posted_local,
        sum(sum(events.settled_local)) over (
            partition by events.source_system, events.entity_id, events.document_type, events.document_no
            order by events.month_on
            rows between unbounded preceding and current row
        ) as settled_local,
        sum(events.settled_local) as moved_local
    from events
    inner join documents
        on
            events.source_system = documents.source_system
            and events.entity_id = documents.entity_id
            and events.document_type = documents.document_type
            and events.document_no = documents.document_no
    group by
        events.source_system, events.entity_id, events.document_type, events.document_no, events.month_on,
        documents.posted_local
),

lines_of_documents as (
    select
        lines.source_system, lines.entity_id, lines.account_id, lines.document_type, lines.document_no,
        sum(lines.amount_local) as amount_local
    from lines
    inner join documents
        on
            lines.source_system = documents.source_system
            and lines.entity_id = documents.entity_id
            and lines.document_type = documents.document_type
            and lines.document_no = documents.document_no
    group by lines.source_system, lines.entity_id, lines.account_id, lines.document_type, lines.document_no
),

-- Shares of a document settled by the month's end and by the month before.
shares as (
    select
        source_system,
        entity_id,
        document_type,
        document_no,
        month_on,
        {{ ratio('settled_local', 'posted_local') }} as settled_ratio,
        {{ ratio('settled_local - moved_local', 'posted_local') }} as before_ratio
    from settled_months
),

settled_lines as (
    select
        lines_of_documents.entity_id,
        lines_of_documents.account_id,
        shares.month_on,
        {{ money('lines_of_documents.amount_local * shares.settled_ratio') }}
        - {{ money('lines_of_documents.amount_local * shares.before_ratio') }} as cash_local
    from lines_of_documents
    inner join shares
        on
            lines_of_documents.source_system = shares.source_system
            and lines_of_documents.entity_id = shares.entity_id
            and lines_of_documents.document_type = shares.document_type
            and lines_of_documents.document_no = shares.document_no
),

every_amount as (
    select
        lines.entity_id, lines.period_on, lines.account_id, lines.amount_local as accrual_local,
        case when documents.document_no is null then lines.amount_local else 0 end as cash_local
    from lines
    left join documents
        on
            lines.source_system = documents.source_system
            and lines.entity_id = documents.entity_id
            and lines.document_type = documents.document_type
            and lines.document_no = documents.document_no
    union all
    select
        entity_id, month_on as period_on, account_id, 0 as accrual_local, cash_local
    from settled_lines
    union all
    -- A ledger that comes as balances names no documents.
    select
        balance_movements.entity_id, balance_movements.period_on, balance_movements.account_id,
        balance_movements.credit_local - balance_movements.debit_local as accrual_local,
        balance_movements.credit_local - balance_movements.debit_local as cash_local
    from balance_movements
    inner join accounts on balance_movements.account_id = accounts.account_id
    where accounts.statement = 'profit_and_loss' and balance_movements.entry_type <> 'closing'
),

added_up as (
    select
        entity_id,
        period_on,
        account_id,
        {{ money('sum(accrual_local)') }} as accrual_local,
        {{ money('sum(cash_local)') }} as cash_local
    from every_amount
    group by entity_id, period_on, account_id
)

select
    added_up.entity_id,
    added_up.period_on,
    added_up.account_id,
    accounts.account_code,
    accounts.statement_line,
    accounts.statement_line_sort,
    accounts.class,
    added_up.accrual_local,
    added_up.cash_local,
    {{ money('added_up.accrual_local - added_up.cash_local') }} as timing_difference_local,
    case
        when entities.is_reporting_currency then added_up.cash_local
        else {{ converted('added_up.cash_local', 'month_rates.average_rate') }}
    end as cash_rpt
from added_up
inner join accounts on added_up.account_id = accounts.account_id
inner join entities on added_up.entity_id = entities.entity_id
left join month_rates
    on
        entities.currency = month_rates.currency
        and added_up.period_on = month_rates.month_on
