-- One row per document that quarantine or the held rows name: a tie-out sets it aside on both sides and shows what it
-- makes up. A document that is both is quarantined.
{{ config(materialized='table') }}

with quarantined_rows as (select * from {{ source('raw', 'quarantined_row') }}),

held_documents as (select * from {{ ref('int_held_documents') }}),

named as (
    select
        source_system,
        case entity
            when 'invoice_line' then 'invoice'
            when 'credit_note_line' then 'credit_note'
            when 'bill_line' then 'bill'
            when 'bill_payment_application' then 'bill_payment'
            when 'journal_line' then {{ record_text('record', 'document_type') }}
            when 'bank_line' then 'bank'
            when 'payment_application'
                then case when {{ record_text('record', 'payment_id') }} is null then 'credit_note' else 'payment' end
            else entity
        end as document_type,
        case entity
            when 'invoice_line' then coalesce({{ record_text('record', 'invoice_id') }}, document_id)
            when 'credit_note_line' then coalesce({{ record_text('record', 'credit_note_id') }}, document_id)
            when 'bill_line' then coalesce({{ record_text('record', 'bill_id') }}, document_id)
            when 'bill_payment_application' then {{ record_text('record', 'bill_payment_id') }}
            when 'journal_line' then {{ record_text('record', 'document_id') }}
            when 'bank_line' then {{ record_text('record', 'document_id') }}
            when 'payment_application'
                then coalesce({{ record_text('record', 'payment_id') }}, {{ record_text('record', 'credit_note_id') }})
            else source_id
        end as document_id,
        'quarantined' as cause
    from quarantined_rows
    where
        entity in (
            'invoice', 'invoice_line', 'credit_note', 'credit_note_line', 'payment', 'payment_application',
            'bill', 'bill_line', 'bill_payment', 'bill_payment_application', 'journal_line', 'bank_line'
        )
    union all
    select
        source_system,
        document_type,
        document_id,
        'held' as cause
    from held_documents
)

select
    source_system,
    document_type,
    document_id,
    max(cause) as cause
from named
where document_id is not null
group by source_system, document_type, document_id
