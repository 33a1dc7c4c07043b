-- One row per document that counts: posted, and not voided in place. A document that was voided by a reversing journal counts until
-- that journal's day and then against itself: it is here a second time, under the journal's id and day, with sign -1.
-- Amounts are those of the ledger, debit positive, in the document's own sign.
-- A table: many models read it, each of which would join anew.
{{ config(materialized='table') }}

with transactions as (select * from {{ source('raw', 'netsuite_transaction') }}),

currencies as (select * from {{ source('raw', 'netsuite_currency') }}),

lines as (select * from {{ ref('base_netsuite__lines') }}),

postings as (select * from {{ ref('base_netsuite__postings') }}),

totals as (
    select
        lines.transaction_id,
        max(case when lines.is_main then lines.entity_id end) as entity_id,
        max(case when lines.is_main then lines.local_currency end) as local_currency,
        max(case when lines.is_main then lines.created_from_id end) as created_from_id,
        sum(case when lines.is_main then coalesce(lines.amount_doc, lines.amount_local, postings.amount_local) end) as gross_doc,
        sum(case when lines.is_tax then coalesce(lines.amount_doc, lines.amount_local, postings.amount_local) else 0 end) as tax_doc,
        sum(case when lines.is_main then postings.amount_local end) as gross_local,
        sum(case when lines.is_tax then coalesce(postings.amount_local, 0) else 0 end) as tax_local,
        sum(case when lines.is_exchange_difference then coalesce(postings.amount_local, 0) else 0 end) as exchange_loss_local
    from lines
    left join postings on lines.transaction_id = postings.transaction_id and lines.line_id = postings.line_id
    group by lines.transaction_id
),

judged as (
    select
        transactions.id,
        transactions.transaction_type,
        transactions.dated_on,
        transactions.due_on,
        transactions.party_id,
        transactions.exchange_rate,
        transactions.memo,
        transactions.channel,
        transactions.reason,
        transactions.bank_account_id,
        transactions.is_posting,
        transactions.is_voided or coalesce(right(transactions.status, 1), '') = 'V' as is_voided,
        transactions.updated_at,
        transactions.source_system,
        transactions.source_id,
        transactions.batch_id,
        transactions.batch_row,
        transactions.loaded_at,
        totals.entity_id,
        totals.created_from_id,
        totals.gross_doc,
        totals.tax_doc,
        totals.gross_local,
        totals.tax_local,
        totals.exchange_loss_local,
        coalesce(currencies.code, totals.local_currency) as currency,
        case
            when transactions.discount_percent > 0
                then cast(transactions.dated_on + transactions.discount_days * interval 1 day as date)
        end as discount_due_on,
        case
            when transactions.discount_percent > 0 then cast(transactions.discount_percent / 100 as decimal(9, 6))
        end as cash_discount_ratio
    from transactions
    inner join totals on transactions.id = totals.transaction_id
    left join currencies on transactions.currency_id = currencies.id
),

reversing_journals as (
    select
        lines.created_from_id as document_id,
        judged.id,
        judged.dated_on,
        judged.source_id
    from lines
    inner join judged on lines.transaction_id = judged.id
    where judged.transaction_type = 'Journal' and judged.is_posting and not judged.is_voided and lines.created_from_id is not null
    group by lines.created_from_id, judged.id, judged.dated_on, judged.source_id
)

select
    judged.*,
    judged.id as document_id,
    cast(1 as integer) as sign
from judged
where
    judged.is_posting
    and (not judged.is_voided or judged.id in (select reversing_journals.document_id from reversing_journals))
union all
select
    judged.* replace (reversing_journals.dated_on as dated_on, reversing_journals.source_id as source_id),
    reversing_journals.id as document_id,
    cast(-1 as integer) as sign
from judged
inner join reversing_journals on judged.id = reversing_journals.document_id
where judged.is_posting and judged.is_voided
