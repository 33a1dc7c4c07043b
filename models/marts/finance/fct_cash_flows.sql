-- One row per journal that moved cash, month and line of the cash flow statement by the direct method: what of the cash it
-- moved went that way. The lines of a journal that are not cash add up to its cash, since the journal balances.
-- A receivable or payable that the journal settles takes the discounts, charges and exchange differences beside it.
with journal_lines as (select * from {{ ref('fct_journal_lines') }}),

accounts as (select * from {{ ref('dim_accounts') }}),

account_types as (select * from {{ ref('account_types') }}),

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
        row_number() over (
            partition by entity_id, journal_id order by sum(abs(amount_local)) desc, settlement_line asc
        ) as choice
    from counter_entries
    where settlement_line is not null
    group by entity_id, journal_id, settlement_line
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
