-- One row per ledger and account code that any posting, balance or budget names.
-- A table: it reads every journal line, for readers that only ask which accounts exist.
{{ config(materialized='table') }}

select distinct source_system, account_code from {{ ref('int_journal_lines') }}
union
select distinct source_system, account_code from {{ ref('int_account_balances') }}
union
select distinct source_system, account_code from {{ ref('int_budget_lines') }}
