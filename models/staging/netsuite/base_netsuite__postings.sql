-- One row per posted line of the ledger as it is now, debit positive. Leaves out lines that the newest saving of the document did
-- not have any more, and lines without an amount (a document that was voided in place keeps them).
-- A table: many models read it, each of which would join anew.
{{ config(materialized='table') }}

with postings as (select * from {{ source('raw', 'netsuite_transactionaccountingline') }}),

accounts as (select * from {{ source('raw', 'netsuite_account') }}),

newest as (
    select
        transaction_id,
        max(saved_at) as saved_at
    from postings
    group by transaction_id
)

select
    postings.*,
    coalesce(accounts.account_code, {{ netsuite_bare_id('postings.account_id', 'postings') }}) as account_code,
    accounts.account_kind,
    {{ money('coalesce(postings.debit_local, 0) - coalesce(postings.credit_local, 0)') }} as amount_local
from postings
inner join newest on postings.transaction_id = newest.transaction_id
left join accounts on postings.account_id = accounts.id
where
    postings.updated_at >= newest.saved_at
    and coalesce(postings.debit_local, 0) <> coalesce(postings.credit_local, 0)
