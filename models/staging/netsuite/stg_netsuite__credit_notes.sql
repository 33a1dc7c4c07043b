-- One row per credit memo and cash refund that counts, and per invoice that a reversing journal voided: it is credited in full on the
-- journal's day. Amounts are positive; those of a voided credit memo, which counts against itself, negative.
with documents as (select * from {{ ref('base_netsuite__documents') }}),

transactions as (select * from {{ source('raw', 'netsuite_transaction') }})

select
    documents.document_id as credit_note_id,
    documents.entity_id,
    documents.party_id as customer_id,
    case
        when documents.transaction_type in ('CustInvc', 'CashSale') then documents.id
        when sources.transaction_type in ('CustInvc', 'CashSale') then sources.id
    end as invoice_id,
    documents.dated_on as credited_on,
    documents.reason,
    documents.currency,
    {{ money('-(documents.gross_doc + documents.tax_doc) * documents.sign') }} as net_doc,
    {{ money('documents.tax_doc * documents.sign') }} as tax_doc,
    {{ money('-documents.gross_doc * documents.sign') }} as gross_doc,
    {{ money('-(documents.gross_local + documents.tax_local) * documents.sign') }} as net_local,
    {{ money('-documents.gross_local * documents.sign') }} as gross_local,
    documents.exchange_rate,
    documents.updated_at,
    {{ netsuite_lineage('documents') }}
from documents
left join transactions as sources on documents.created_from_id = sources.id
where
    documents.transaction_type in ('CustCred', 'CashRfnd')
    or (documents.transaction_type in ('CustInvc', 'CashSale') and documents.sign = -1)
