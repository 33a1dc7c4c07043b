-- One row per line of a posted journal, up to the as-of day. Leaves out held lines (fct_held_rows).
-- A journal balances in the reporting currency too: the rounding remainder is on its largest line.
with journal_lines as (select * from {{ ref('int_journal_lines_reported') }}),

remainders as (select * from {{ ref('int_journal_remainders') }}),

accounts as (select * from {{ ref('dim_accounts') }})

select
    journal_lines.journal_line_id,
    journal_lines.journal_id,
    journal_lines.entity_id,
    journal_lines.posted_on,
    {{ month_of('journal_lines.posted_on') }} as month_on,
    journal_lines.account_code,
    accounts.account_id,
    accounts.account_type,
    journal_lines.debit_local,
    journal_lines.credit_local,
    case
        when remainders.journal_line_id is not null and journal_lines.debit_local >= journal_lines.credit_local
            then {{ money('journal_lines.debit_rpt - remainders.difference_rpt') }}
        else journal_lines.debit_rpt
    end as debit_rpt,
    case
        when remainders.journal_line_id is not null and journal_lines.debit_local < journal_lines.credit_local
            then {{ money('journal_lines.credit_rpt + remainders.difference_rpt') }}
        else journal_lines.credit_rpt
    end as credit_rpt,
    journal_lines.currency,
    journal_lines.amount_doc,
    journal_lines.department_code,
    journal_lines.cost_centre_code,
    journal_lines.project_id,
    journal_lines.customer_id,
    journal_lines.vendor_id,
    journal_lines.item_id,
    journal_lines.document_type,
    journal_lines.document_id,
    case when journal_lines.document_type in ('opening', 'closing') then journal_lines.document_type else 'regular' end
        as entry_type,
    journal_lines.intercompany_entity_id,
    journal_lines.description,
    journal_lines.source_system,
    journal_lines.source_id
from journal_lines
inner join accounts
    on
        journal_lines.source_system = accounts.source_system
        and journal_lines.account_code = accounts.account_code
left join remainders on journal_lines.journal_line_id = remainders.journal_line_id
where
    journal_lines.debit_rpt is not null
    and journal_lines.credit_rpt is not null
