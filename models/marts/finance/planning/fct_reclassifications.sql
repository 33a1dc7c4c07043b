-- One row per manual journal, account, department and cost centre of a re-classification: a journal that moves income or cost
-- between accounts, departments or cost centres and touches no balance sheet account. What left is negative, what came in
-- positive, cost as cost; each journal adds up to zero.
with journal_lines as (select * from {{ ref('fct_journal_lines') }}),

accounts as (select * from {{ ref('dim_accounts') }}),

lines as (
    select
        journal_lines.source_system,
        journal_lines.journal_id,
        journal_lines.entity_id,
        journal_lines.posted_on,
        journal_lines.month_on,
        journal_lines.account_id,
        journal_lines.account_code,
        coalesce(journal_lines.department_code, 'none') as department_code,
        coalesce(journal_lines.cost_centre_code, 'none') as cost_centre_code,
        journal_lines.debit_local - journal_lines.credit_local as moved_local,
        journal_lines.description,
        accounts.statement_line,
        case when accounts.statement = 'profit_and_loss' then 0 else 1 end as is_elsewhere
    from journal_lines
    inner join accounts on journal_lines.account_id = accounts.account_id
    where
        coalesce(journal_lines.document_type, 'manual') = 'manual'
        and journal_lines.entry_type = 'regular'
),

journals as (
    select
        source_system,
        journal_id,
        entity_id
    from lines
    group by source_system, journal_id, entity_id
    having max(is_elsewhere) = 0 and sum(moved_local) = 0
),

moved as (
    select
        lines.source_system,
        lines.journal_id,
        lines.entity_id,
        lines.account_id,
        lines.department_code,
        lines.cost_centre_code,
        min(lines.posted_on) as posted_on,
        min(lines.month_on) as month_on,
        min(lines.account_code) as account_code,
        min(lines.statement_line) as statement_line,
        min(lines.description) as description,
        {{ money('sum(lines.moved_local)') }} as moved_local
    from lines
    inner join journals
        on
            lines.source_system = journals.source_system
            and lines.journal_id = journals.journal_id
            and lines.entity_id = journals.entity_id
    group by
        lines.source_system, lines.journal_id, lines.entity_id, lines.account_id, lines.department_code,
        lines.cost_centre_code
)

select
    journal_id,
    entity_id,
    posted_on,
    month_on,
    account_id,
    account_code,
    statement_line,
    department_code,
    cost_centre_code,
    moved_local,
    description,
    source_system
from moved
where moved_local <> 0
