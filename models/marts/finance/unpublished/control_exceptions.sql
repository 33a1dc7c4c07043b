-- One row per journal written by hand and control account it is booked on: no document of the subledger stands behind it, so
-- the subledger and its account drift apart. Stock differences that a stock movement names are documents. Bank accounts are
-- left out: fct_bank_reconciliation lists their bookings one by one.
with journal_lines as (
    select journal_lines.*
    from {{ ref('int_journal_lines') }} as journal_lines
    cross join {{ ref('int_run_context') }} as run_context
    where
        journal_lines.posted_on <= run_context.as_of
        and journal_lines.document_type = 'manual'
),

accounts as (
    select * from {{ ref('dim_accounts') }}
    where control_of in ('receivables', 'payables', 'inventory', 'payroll')
),

moves as (select distinct source_system, document_id from {{ ref('int_inventory_moves') }})

select
    'journal_on_control_account' as kind,
    journal_lines.source_system,
    journal_lines.entity_id,
    {{ month_of('journal_lines.posted_on') }} as period_on,
    'journal' as document_type,
    {{ number_of('journal_lines.journal_id') }} as document_id,
    journal_lines.journal_id as document_key,
    journal_lines.account_code as detail,
    sum(journal_lines.debit_local - journal_lines.credit_local) as amount_local,
    'written by hand on account ' || journal_lines.account_code || ', the control account of ' || max(accounts.control_of)
    || ': no document of the subledger stands behind it' as message
from journal_lines
inner join accounts
    on
        journal_lines.source_system = accounts.source_system
        and journal_lines.account_code = accounts.account_code
left join moves
    on
        accounts.control_of = 'inventory'
        and journal_lines.source_system = moves.source_system
        and journal_lines.document_id = moves.document_id
where moves.document_id is null
group by
    journal_lines.source_system, journal_lines.entity_id, {{ month_of('journal_lines.posted_on') }},
    journal_lines.journal_id, journal_lines.account_code
