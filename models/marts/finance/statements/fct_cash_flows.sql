-- One row per journal that moved cash, month and line of the cash flow statement by the direct method: what of the cash it
-- moved went that way. The lines of a journal that are not cash add up to its cash, since the journal balances.
-- A receivable or payable that the journal settles takes the discounts, charges and exchange differences beside it. What it
-- settles of a document that bought or sold fixed assets, or is owed to lenders or owners, is of that class: a machine bought
-- on credit is an investment in the month in which its bill is paid, in proportion to what is paid of the bill.
with journal_lines as (select * from {{ ref('fct_journal_lines') }}),

accounts as (select * from {{ ref('dim_accounts') }}),

account_types as (select * from {{ ref('account_types') }}),

payable_events as (select * from {{ ref('fct_payable_events') }}),

receivable_events as (select * from {{ ref('fct_receivable_events') }}),

line_order as (
    select
        cash_flow_line,
        min(sort) as sort
    from account_types
    group by cash_flow_line
),

journals as (
    select distinct
        journal_lines.entity_id,
        journal_lines.journal_id
    from journal_lines
    inner join accounts on journal_lines.account_id = accounts.account_id
    where accounts.cash_flow_class = 'cash'
),

counter_entries as (
    select
        journal_lines.entity_id,
        journal_lines.journal_id,
        journal_lines.month_on,
        journal_lines.entry_type,
        journal_lines.source_system,
        journal_lines.document_type,
        journal_lines.document_id,
        accounts.statement,
        case
            when accounts.account_type in ('receivable', 'payable', 'intercompany_receivable', 'intercompany_payable')
                then accounts.cash_flow_line
        end as settlement_line,
        accounts.cash_flow_class,
        accounts.cash_flow_line,
        max(journal_lines.posted_on) as posted_on,
        sum(journal_lines.credit_local - journal_lines.debit_local) as amount_local,
        sum(journal_lines.credit_rpt - journal_lines.debit_rpt) as amount_rpt
    from journal_lines
    inner join journals
        on
            journal_lines.entity_id = journals.entity_id
            and journal_lines.journal_id = journals.journal_id
    inner join accounts on journal_lines.account_id = accounts.account_id
    where accounts.cash_flow_class <> 'cash'
    group by
        journal_lines.entity_id,
        journal_lines.journal_id,
        journal_lines.month_on,
        journal_lines.entry_type,
        journal_lines.source_system,
        journal_lines.document_type,
        journal_lines.document_id,
        accounts.statement,
        accounts.account_type,
        accounts.cash_flow_class,
        accounts.cash_flow_line
),

settlements as (
    select
        entity_id,
        journal_id,
        settlement_line,
        min(month_on) as month_on,
        max(posted_on) as posted_on,
        min(source_system) as source_system,
        min(document_type) as document_type,
        min(document_id) as document_id,
        sum(amount_local) as amount_local,
        sum(amount_rpt) as amount_rpt,
        row_number() over (
            partition by entity_id, journal_id order by sum(abs(amount_local)) desc, settlement_line asc
        ) as choice
    from counter_entries
    where settlement_line is not null
    group by entity_id, journal_id, settlement_line
),

-- The journal that booked a payment; of several, the first.
payment_journals as (
    select
        *,
        row_number() over (
            partition by entity_id, source_system, document_type, document_id order by month_on, journal_id
        ) as place
    from settlements
    where choice = 1 and document_id is not null
),

-- What documents owe for other than operations: the lines of their journals, none of which moved cash.
capital_documents as (
    select
        journal_lines.source_system,
        journal_lines.entity_id,
        journal_lines.document_type,
        journal_lines.document_id,
        accounts.cash_flow_class,
        accounts.cash_flow_line,
        sum(journal_lines.credit_local - journal_lines.debit_local) as amount_local
    from journal_lines
    inner join accounts on journal_lines.account_id = accounts.account_id
    left join journals
        on
            journal_lines.entity_id = journals.entity_id
            and journal_lines.journal_id = journals.journal_id
    where
        journals.journal_id is null
        and accounts.cash_flow_class in ('investing', 'financing')
        and journal_lines.document_type in ('bill', 'invoice')
    group by
        journal_lines.source_system, journal_lines.entity_id, journal_lines.document_type, journal_lines.document_id,
        accounts.cash_flow_class, accounts.cash_flow_line
),

events as (
    select
        source_system, entity_id, document_type, document_id, event_type, event_on, event_id, cause_type, cause_id,
        amount_local
    from payable_events
    where document_type = 'bill'
    union all
    select
        source_system, entity_id, document_type, document_id, event_type, event_on, event_id, cause_type, cause_id,
        amount_local
    from receivable_events
    where document_type = 'invoice'
),

posted as (
    select
        source_system,
        document_type,
        document_id,
        sum(amount_local) as amount_local
    from events
    where event_type = 'posted'
    group by source_system, document_type, document_id
    having sum(amount_local) <> 0
),

applied as (
    select
        *,
        sum(amount_local) over (
            partition by source_system, document_type, document_id
            order by event_on, event_id rows between unbounded preceding and current row
        ) as until_local
    from events
    where event_type <> 'posted'
),

traced as (
    select
        payment_journals.entity_id,
        payment_journals.journal_id,
        payment_journals.month_on,
        payment_journals.posted_on,
        payment_journals.settlement_line,
        capital_documents.cash_flow_class,
        capital_documents.cash_flow_line,
        {{ share_of('capital_documents.amount_local', '-applied.until_local', '-applied.amount_local', 'posted.amount_local') }}
            as amount_local,
        {{ ratio('payment_journals.amount_rpt', 'payment_journals.amount_local') }} as rate
    from capital_documents
    inner join posted
        on
            capital_documents.source_system = posted.source_system
            and capital_documents.document_type = posted.document_type
            and capital_documents.source_system || ':' || capital_documents.document_id = posted.document_id
    inner join applied
        on
            posted.source_system = applied.source_system
            and posted.document_type = applied.document_type
            and posted.document_id = applied.document_id
    inner join payment_journals
        on
            applied.source_system = payment_journals.source_system
            and applied.entity_id = payment_journals.entity_id
            and applied.cause_type = payment_journals.document_type
            and applied.cause_id = payment_journals.document_id
            and payment_journals.place = 1
),

capital_flows as (
    select
        entity_id,
        journal_id,
        month_on,
        posted_on,
        settlement_line,
        cash_flow_class,
        cash_flow_line,
        amount_local,
        {{ money('amount_local * coalesce(rate, 1)') }} as amount_rpt
    from traced
),

named as (
    select
        counter_entries.entity_id,
        counter_entries.journal_id,
        counter_entries.month_on,
        case
            when counter_entries.entry_type = 'opening' then 'opening'
            when counter_entries.statement = 'profit_and_loss' and settlements.settlement_line is not null then 'operating'
            else counter_entries.cash_flow_class
        end as cash_flow_class,
        case
            when counter_entries.entry_type = 'opening' then 'Opening balances'
            when counter_entries.statement = 'profit_and_loss'
                then coalesce(settlements.settlement_line, counter_entries.cash_flow_line)
            else counter_entries.cash_flow_line
        end as statement_line,
        counter_entries.posted_on,
        counter_entries.amount_local,
        counter_entries.amount_rpt
    from counter_entries
    left join settlements
        on
            counter_entries.entity_id = settlements.entity_id
            and counter_entries.journal_id = settlements.journal_id
            and settlements.choice = 1
    union all
    select
        entity_id, journal_id, month_on, cash_flow_class, cash_flow_line as statement_line, posted_on, amount_local,
        amount_rpt
    from capital_flows
    union all
    select
        entity_id, journal_id, month_on, 'operating' as cash_flow_class, settlement_line as statement_line,
        posted_on, -amount_local as amount_local, -amount_rpt as amount_rpt
    from capital_flows
)

select
    named.entity_id,
    named.journal_id,
    named.month_on as period_on,
    named.cash_flow_class,
    case named.cash_flow_class when 'operating' then 'receipts_and_payments' else named.cash_flow_class end as section,
    named.statement_line,
    case
        when named.cash_flow_class = 'opening' then 800
        when named.cash_flow_class in ('investing', 'financing') then 500
        else coalesce(line_order.sort, 999)
    end as statement_line_sort,
    {{ money('sum(named.amount_local)') }} as amount_local,
    {{ money('sum(named.amount_rpt)') }} as amount_rpt,
    max(named.posted_on) as posted_on
from named
left join line_order on named.statement_line = line_order.cash_flow_line
group by
    named.entity_id,
    named.journal_id,
    named.month_on,
    named.cash_flow_class,
    named.statement_line,
    line_order.sort
having sum(named.amount_local) <> 0 or sum(named.amount_rpt) <> 0
