-- One row per month end (and the as-of day) and vendor bill, debit note or payment that stood open on it. Each row counts
-- what was open on its day: later applications do not leak in.
with events as (select * from {{ ref('fct_payable_events') }}),

items as (select * from {{ ref('fct_payable_items') }}),

month_ends as (select * from {{ ref('int_month_ends') }}),

{{ documents_open_at_month_ends('vendor_id') }},

open_items as (
    select
        open_documents.as_of_on,
        items.document_type,
        open_documents.document_id,
        open_documents.entity_id,
        open_documents.vendor_id,
        items.due_on,
        case
            when items.document_type = 'bill'
                then {{ ageing_bucket(dbt.datediff('items.due_on', 'open_documents.as_of_on', 'day')) }}
            else 'unapplied'
        end as bucket,
        open_documents.open_local
    from open_documents
    inner join items
        on
            open_documents.document_id = items.document_id
            and (open_documents.document_type = 'bill_payment') = (items.document_type = 'bill_payment')
)

select * from open_items
where open_local <> 0
