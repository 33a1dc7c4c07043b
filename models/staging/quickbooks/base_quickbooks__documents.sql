-- One row per document that counts. Leaves out deleted and voided ones: a void keeps its number and date, a total of nothing and the
-- word Voided in its note. Amounts are positive as QuickBooks has them, whatever the type.
-- A table: many models read it.
{{ config(materialized='table') }}

with transactions as (select * from {{ source('raw', 'quickbooks_transaction') }}),

terms as (select * from {{ source('raw', 'quickbooks_term') }}),

departments as (select * from {{ ref('stg_quickbooks__departments') }}),

classes as (select * from {{ ref('stg_quickbooks__cost_centres') }}),

legal_entities as (select * from {{ source('raw', 'legal_entity') }}),

counting as (
    select
        *,
        {{ money('coalesce(tax_doc, 0)') }} as known_tax_doc,
        cast(coalesce(exchange_rate, 1) as decimal(18, 10)) as known_rate
    from transactions
    where not is_deleted and not (coalesce(gross_doc, 0) = 0 and lower(coalesce(private_note, '')) like '%voided%')
)

select
    counting.id as document_id,
    counting.transaction_type,
    counting.entity_id,
    counting.dated_on,
    counting.due_on,
    counting.expires_on,
    case
        when terms.discount_percent > 0 then cast(counting.dated_on + terms.discount_days * interval 1 day as date)
    end as discount_due_on,
    case when terms.discount_percent > 0 then cast(terms.discount_percent / 100 as decimal(9, 6)) end as cash_discount_ratio,
    counting.customer_id,
    coalesce(counting.vendor_id, case when counting.payee_type = 'Vendor' then counting.payee_id end) as vendor_id,
    coalesce(counting.currency, legal_entities.currency) as currency,
    counting.known_rate as exchange_rate,
    {{ money('counting.gross_doc - counting.known_tax_doc') }} as net_doc,
    {{ money('counting.known_tax_doc') }} as tax_doc,
    counting.gross_doc,
    {{ money(
        'coalesce(counting.gross_local, ' ~ converted('counting.gross_doc', 'counting.known_rate') ~ ') - '
        ~ converted('counting.known_tax_doc', 'counting.known_rate')
    ) }} as net_local,
    coalesce(counting.gross_local, {{ converted('counting.gross_doc', 'counting.known_rate') }}) as gross_local,
    departments.department_code,
    classes.cost_centre_code,
    coalesce(
        counting.bank_ref, counting.deposit_account_id, counting.bank_account_id, counting.card_account_id, counting.paid_from_account_id
    ) as bank_account_id,
    coalesce(counting.is_credit, false) as is_credit,
    counting.status,
    counting.estimate_status,
    counting.channel,
    counting.order_ref,
    counting.deal_ref,
    counting.promised_on,
    counting.reason,
    counting.lines,
    counting.links,
    counting.updated_at,
    counting.source_system,
    {{ quickbooks_bare_id('counting.id', 'counting') }} as source_id,
    counting.batch_id,
    counting.batch_row,
    counting.loaded_at
from counting
left join terms on counting.terms_id = terms.id
left join departments on counting.department_id = departments.id
left join classes on counting.class_id = classes.id
left join legal_entities on counting.entity_id = legal_entities.entity_id
