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
),

-- What an application takes of its payment or credit memo, at that one's rate.
shared as (
    select
        applied.*,
        carriers.gross_doc as brought_doc,
        carriers.gross_local as brought_local,
        invoices.gross_doc as invoice_doc,
        invoices.gross_local as invoice_local,
        {{ converted(money('applied.amount_doc'), 'invoices.exchange_rate') }} as own_local,
        greatest(payments.dated_on, invoices.dated_on) as applied_on,
        coalesce(applied.credit_note_id, applied.payment_id) as carrier_id,
        {{ converted(money('applied.amount_doc'), 'carriers.exchange_rate') }} as share_local,
        {{ quickbooks_bare_id('applied.payment_id', 'payments') }}
        || coalesce('-' || {{ quickbooks_bare_id('applied.credit_note_id', 'payments') }}, '')
        || '-' || {{ quickbooks_bare_id('applied.invoice_id', 'payments') }} as source_id,
        payments.source_system,
        payments.batch_id,
        payments.batch_row,
        payments.loaded_at
    from applied
    inner join documents as payments on applied.payment_id = payments.document_id
    inner join documents as invoices on applied.invoice_id = invoices.document_id
    inner join documents as carriers on coalesce(applied.credit_note_id, applied.payment_id) = carriers.document_id
),

-- Of what is used up, and of what is settled, the last application takes what rounding has left.
valued as (
    select
        *,
        share_local
        + {{ rounding_left('carrier_id', 'source_id', 'amount_doc', 'share_local', 'brought_doc', 'brought_local') }} as carried_local,
        own_local
        + {{ rounding_left('invoice_id', 'source_id', 'amount_doc', 'own_local', 'invoice_doc', 'invoice_local') }} as settled_local
    from shared
)

select
    source_system || ':' || source_id as payment_application_id,
    case when credit_note_id is null then payment_id end as payment_id,
    credit_note_id,
    invoice_id,
    applied_on,
    {{ money('amount_doc') }} as amount_doc,
    {{ money('settled_local') }} as amount_local,
    cast(0 as decimal(18, 2)) as discount_doc,
    {{ money('carried_local - settled_local') }} as exchange_difference_local,
    {{ lineage() }}
from valued
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
