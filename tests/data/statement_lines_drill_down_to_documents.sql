-- A returned row is a line of a statement that does not have the same total at a level below it: accounts, the ledger by
-- period, journals, source documents. Statement lines are compared at the rates of their posting days, which every level has;
-- what translation adds is a column of the line. Ledgers that come as balances end at the ledger by period.
with results as (select * from {{ ref('profit_and_loss') }}),

sheet as (select * from {{ ref('balance_sheet') }}),

balances as (select * from {{ ref('trial_balance') }}),

ledger as (select * from {{ ref('general_ledger_by_period') }}),

journal_lines as (select * from {{ ref('fct_journal_lines') }}),

accounts as (select * from {{ ref('dim_accounts') }}),

statement_lines as (
    select entity_id, period_on, statement_line, amount_local, posted_rpt as amount_rpt
    from results
    where amount_rpt = posted_rpt + translation_difference_rpt
    union all
    select
        entity_id,
        period_on,
        statement_line,
        case class when 'asset' then balance_local when 'unclassified' then balance_local else -balance_local end as amount_local,
        case class when 'asset' then posted_rpt when 'unclassified' then posted_rpt else -posted_rpt end as amount_rpt
    from sheet
    where statement_line not in ('Result of earlier years', 'Result for the year', 'Translation difference')
),

account_level as (
    select
        balances.entity_id,
        balances.period_on,
        accounts.statement_line,
        sum(case accounts.statement
            when 'profit_and_loss' then balances.credit_local - balances.debit_local + balances.closing_entries_local
            else balances.closing_local
        end) as amount_local,
        sum(case accounts.statement
            when 'profit_and_loss' then balances.credit_rpt - balances.debit_rpt + balances.closing_entries_rpt
            else balances.closing_rpt
        end) as amount_rpt
    from balances
    inner join accounts on balances.account_id = accounts.account_id
    group by balances.entity_id, balances.period_on, accounts.statement_line
),

account_movements as (
    select entity_id, period_on, account_id, debit_local - credit_local as amount_local, debit_rpt - credit_rpt as amount_rpt
    from balances
),

ledger_movements as (
    select
        entity_id,
        month_on as period_on,
        account_id,
        sum(debit_local - credit_local) as amount_local,
        sum(debit_rpt - credit_rpt) as amount_rpt
    from ledger
    group by entity_id, month_on, account_id
),

ledger_of_journals as (
    select
        entity_id,
        month_on as period_on,
        account_id,
        sum(debit_local - credit_local) as amount_local,
        sum(debit_rpt - credit_rpt) as amount_rpt
    from ledger
    where lines_count > 0
    group by entity_id, month_on, account_id
),

journals as (
    select
        entity_id,
        month_on as period_on,
        account_id,
        journal_id,
        document_type,
        document_id,
        sum(debit_local - credit_local) as amount_local,
        sum(debit_rpt - credit_rpt) as amount_rpt
    from journal_lines
    group by entity_id, month_on, account_id, journal_id, document_type, document_id
),

documents as (
    select
        entity_id,
        period_on,
        account_id,
        sum(amount_local) as amount_local,
        sum(amount_rpt) as amount_rpt
    from (
        select
            entity_id,
            period_on,
            account_id,
            document_type,
            document_id,
            sum(amount_local) as amount_local,
            sum(amount_rpt) as amount_rpt
        from journals
        group by entity_id, period_on, account_id, document_type, document_id
    ) as by_document
    group by entity_id, period_on, account_id
),

compared as (
    select
        'accounts' as level, coalesce(upper_level.entity_id, lower_level.entity_id) as entity_id,
        coalesce(upper_level.period_on, lower_level.period_on) as period_on,
        coalesce(upper_level.statement_line, lower_level.statement_line) as name,
        upper_level.amount_local as upper_local, lower_level.amount_local as lower_local,
        upper_level.amount_rpt as upper_rpt, lower_level.amount_rpt as lower_rpt
    from statement_lines as upper_level
    full outer join account_level as lower_level
        on
            upper_level.entity_id = lower_level.entity_id
            and upper_level.period_on = lower_level.period_on
            and upper_level.statement_line = lower_level.statement_line
    union all
    select
        'ledger by period' as level, coalesce(upper_level.entity_id, lower_level.entity_id) as entity_id,
        coalesce(upper_level.period_on, lower_level.period_on) as period_on,
        coalesce(upper_level.account_id, lower_level.account_id) as name,
        upper_level.amount_local as upper_local, coalesce(lower_level.amount_local, 0) as lower_local,
        upper_level.amount_rpt as upper_rpt, coalesce(lower_level.amount_rpt, 0) as lower_rpt
    from account_movements as upper_level
    full outer join ledger_movements as lower_level
        on
            upper_level.entity_id = lower_level.entity_id
            and upper_level.period_on = lower_level.period_on
            and upper_level.account_id = lower_level.account_id
    union all
    select
        'journals and documents' as level, coalesce(upper_level.entity_id, lower_level.entity_id) as entity_id,
        coalesce(upper_level.period_on, lower_level.period_on) as period_on,
        coalesce(upper_level.account_id, lower_level.account_id) as name,
        upper_level.amount_local as upper_local, lower_level.amount_local as lower_local,
        upper_level.amount_rpt as upper_rpt, lower_level.amount_rpt as lower_rpt
    from ledger_of_journals as upper_level
    full outer join documents as lower_level
        on
            upper_level.entity_id = lower_level.entity_id
            and upper_level.period_on = lower_level.period_on
            and upper_level.account_id = lower_level.account_id
)

select *
from compared
where
    upper_local is null
    or lower_local is null
    or upper_local <> lower_local
    or upper_rpt <> lower_rpt
