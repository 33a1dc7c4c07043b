-- One row per application of a payment or credit memo to an invoice. A payment says which invoices it settles and which credit memos it
-- uses, not which credit memo settles which invoice: in the order of ids, credits first, each takes what is left.
with documents as (select * from {{ ref('base_quickbooks__documents') }}),

links as (select * from {{ ref('base_quickbooks__links') }}),

settled as (
    select
        links.payment_id,
        links.linked_id as invoice_id,
        links.amount_doc,
        sum(links.amount_doc) over (partition by links.payment_id order by links.linked_id rows unbounded preceding) as to_doc
    from links
    inner join documents on links.linked_id = documents.document_id
    where documents.transaction_type = 'Invoice'
),

brought as (
    select
        links.payment_id,
        documents.document_id as credit_note_id,
        links.amount_doc
    from links
    inner join documents on links.linked_id = documents.document_id
    where documents.transaction_type = 'CreditMemo'
    union all
    select
        document_id as payment_id,
        cast(null as varchar) as credit_note_id,
        gross_doc as amount_doc
    from documents
    where transaction_type = 'Payment' and gross_doc > 0
),

used as (
    select
        *,
        sum(amount_doc) over (
            partition by payment_id order by credit_note_id asc nulls last rows unbounded preceding
        ) as to_doc
    from brought
),

applied as (
    select
        settled.payment_id,
        used.credit_note_id,
        settled.invoice_id,
        least(settled.to_doc, used.to_doc)
        - greatest(settled.to_doc - settled.amount_doc, used.to_doc - used.amount_doc) as amount_doc
    from settled
    inner join used
        on
            settled.payment_id = used.payment_id
            and settled.to_doc > used.to_doc - used.amount_doc
            and used.to_doc > settled.to_doc - settled.amount_doc
)

select
    applied.payment_id
    || coalesce('-' || {{ quickbooks_bare_id('applied.credit_note_id', 'payments') }}, '')
    || '-' || {{ quickbooks_bare_id('applied.invoice_id', 'payments') }} as payment_application_id,
    case when applied.credit_note_id is null then applied.payment_id end as payment_id,
    applied.credit_note_id,
    applied.invoice_id,
    greatest(payments.dated_on, invoices.dated_on) as applied_on,
    {{ money('applied.amount_doc') }} as amount_doc,
    cast(null as decimal(18, 2)) as amount_local,
    cast(0 as decimal(18, 2)) as discount_doc,
    {{ money(
        converted(money('applied.amount_doc'), 'coalesce(credits.exchange_rate, payments.exchange_rate)')
        ~ ' - ' ~ converted(money('applied.amount_doc'), 'invoices.exchange_rate')
    ) }} as exchange_difference_local,
    payments.source_system,
    payments.source_id
    || coalesce('-' || {{ quickbooks_bare_id('applied.credit_note_id', 'payments') }}, '')
    || '-' || {{ quickbooks_bare_id('applied.invoice_id', 'payments') }} as source_id,
    payments.batch_id,
    payments.batch_row,
    payments.loaded_at
from applied
inner join documents as payments on applied.payment_id = payments.document_id
inner join documents as invoices on applied.invoice_id = invoices.document_id
left join documents as credits on applied.credit_note_id = credits.document_id
union all
select
    document_id as payment_application_id,
    document_id as payment_id,
    cast(null as varchar) as credit_note_id,
    document_id as invoice_id,
    dated_on as applied_on,
    gross_doc as amount_doc,
    gross_local as amount_local,
    cast(0 as decimal(18, 2)) as discount_doc,
    cast(0 as decimal(18, 2)) as exchange_difference_local,
    {{ lineage() }}
from documents
where transaction_type = 'SalesReceipt'
