-- One row per document, line or application that was loaded but is left out of money marts, with the reason. It is looked
-- at again at each build: a rate, a header or an entity that arrives later releases it.
with entities as (select * from {{ ref('int_legal_entities') }}),

run_context as (select * from {{ ref('int_run_context') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

documents as (
    select
        'invoice' as entity, source_system, source_id, entity_id, invoiced_on as event_on, currency,
        gross_doc as amount_doc, gross_local as amount_local, rate_to_local
    from {{ ref('int_invoices') }}
    union all
    select
        'credit_note' as entity, source_system, source_id, entity_id, credited_on as event_on, currency,
        gross_doc as amount_doc, gross_local as amount_local, rate_to_local
    from {{ ref('int_credit_notes') }}
    union all
    select
        'payment' as entity, source_system, source_id, entity_id, paid_on as event_on, currency,
        amount_doc, amount_local, rate_to_local
    from {{ ref('int_payments') }}
    union all
    select
        'bill' as entity, source_system, source_id, entity_id, billed_on as event_on, currency,
        gross_doc as amount_doc, gross_local as amount_local, rate_to_local
    from {{ ref('int_bills') }}
    union all
    select
        'bill_payment' as entity, source_system, source_id, entity_id, paid_on as event_on, currency,
        amount_doc, amount_local, rate_to_local
    from {{ ref('int_bill_payments') }}
),

documents_judged as (
    select
        documents.entity,
        documents.source_system,
        documents.source_id,
        documents.entity_id,
        documents.event_on,
        documents.currency,
        documents.amount_doc,
        documents.amount_local,
        case
            when entities.entity_id is null then 'unknown_entity'
            when documents.amount_doc is null then 'missing_amount'
            when documents.amount_local is null then 'missing_rate'
            when not entities.is_reporting_currency and reporting_rates.rate is null then 'missing_rate'
        end as reason,
        case
            when documents.amount_local is null then documents.currency || ' to ' || entities.currency
            else entities.currency || ' to ' || entities.reporting_currency
        end as rate_missing
    from documents
    cross join run_context
    left join entities on documents.entity_id = entities.entity_id
    left join reporting_rates
        on
            entities.currency = reporting_rates.currency
            and documents.event_on = reporting_rates.rate_on
    where documents.event_on <= run_context.as_of
),

documents_held as (
    select * from documents_judged where reason is not null
),

parts as (
    select
        'invoice_line' as entity, 'invoice' as document_type, source_system, source_id, invoice_id as document_key,
        entity_id, invoiced_on as event_on, currency,
        {{ money('net_doc') }} as amount_doc, {{ money('net_local') }} as amount_local
    from {{ ref('int_invoice_lines') }}
    union all
    select
        'credit_note_line' as entity, 'credit_note' as document_type, source_system, source_id,
        credit_note_id as document_key, entity_id, credited_on as event_on, currency, net_doc as amount_doc,
        net_local as amount_local
    from {{ ref('int_credit_note_lines') }}
    union all
    select
        'bill_line' as entity, 'bill' as document_type, source_system, source_id, bill_id as document_key,
        entity_id, billed_on as event_on, currency, net_doc as amount_doc, net_local as amount_local
    from {{ ref('int_bill_lines') }}
    union all
    select
        'payment_application' as entity,
        case when payment_id is not null then 'payment' else 'credit_note' end as document_type,
        source_system, source_id, coalesce(payment_id, credit_note_id) as document_key,
        entity_id, applied_on as event_on, null as currency, amount_doc, amount_local
    from {{ ref('int_payment_applications') }}
    union all
    select
        'bill_payment_application' as entity, 'bill_payment' as document_type, source_system, source_id,
        bill_payment_id as document_key,
        entity_id, applied_on as event_on, null as currency, amount_doc, amount_local
    from {{ ref('int_bill_payment_applications') }}
    union all
    select
        'bank_line' as entity, 'bank' as document_type, source_system, source_id, bank_account_id as document_key,
        entity_id, booked_on as event_on, currency, amount_doc, amount_doc as amount_local
    from {{ ref('int_bank_lines') }}
),

-- A part is held with its document, or because that is not loaded, or for an amount of its own that cannot be had.
parts_held as (
    select
        parts.entity,
        parts.document_type,
        parts.source_system,
        parts.source_id,
        -- Keys of raw carry their system in front; documents in a ledger do not.
        substring(parts.document_key, length(parts.source_system) + 2) as document_id,
        parts.entity_id,
        parts.event_on,
        parts.currency,
        parts.amount_doc,
        parts.amount_local,
        case
            when parts.entity_id is null then 'missing_document'
            when documents_held.reason is not null then documents_held.reason
            when parts.amount_doc is null then 'missing_amount'
            else 'missing_rate'
        end as reason,
        documents_held.rate_missing
    from parts
    cross join run_context
    left join documents_held
        on
            parts.document_type = documents_held.entity
            and parts.source_system = documents_held.source_system
            and parts.document_key = documents_held.source_system || ':' || documents_held.source_id
            and parts.entity in ('invoice_line', 'credit_note_line', 'bill_line')
    where
        (parts.event_on is null or parts.event_on <= run_context.as_of)
        and (parts.entity_id is null or parts.amount_local is null or documents_held.reason is not null)
),

-- Days without a rate are few or none; only their lines are looked at.
posting_days as (
    select distinct entity_id, posted_on
    from {{ ref('int_journal_lines') }}
),

days_held as (
    select
        posting_days.entity_id,
        posting_days.posted_on,
        case when entities.entity_id is null then 'unknown_entity' else 'missing_rate' end as reason,
        entities.currency || ' to ' || entities.reporting_currency as rate_missing
    from posting_days
    cross join run_context
    left join entities on posting_days.entity_id = entities.entity_id
    left join reporting_rates
        on
            entities.currency = reporting_rates.currency
            and posting_days.posted_on = reporting_rates.rate_on
    where
        posting_days.posted_on <= run_context.as_of
        and (
            entities.entity_id is null
            or (not entities.is_reporting_currency and reporting_rates.rate is null)
        )
),

journal_lines_held as (
    select
        journal_lines.source_system,
        journal_lines.source_id,
        journal_lines.entity_id,
        journal_lines.posted_on,
        journal_lines.document_type,
        journal_lines.document_id,
        {{ money('journal_lines.debit_local - journal_lines.credit_local') }} as amount_local,
        days_held.reason,
        days_held.rate_missing
    from {{ ref('int_journal_lines') }} as journal_lines
    inner join days_held
        on
            journal_lines.entity_id = days_held.entity_id
            and journal_lines.posted_on = days_held.posted_on
)

select
    entity,
    source_system,
    source_id,
    entity_id,
    event_on,
    reason,
    entity as document_type,
    source_id as document_id,
    currency,
    amount_doc,
    amount_local,
    case reason
        when 'unknown_entity' then 'legal entity ' || coalesce(entity_id, '(none)') || ' is not in plumbline.yaml'
        when 'missing_amount' then 'no total and no lines to add up'
        else 'no spot rate ' || rate_missing || ' within seven days before ' || cast(event_on as varchar)
    end as message
from documents_held
union all
select
    entity,
    source_system,
    source_id,
    entity_id,
    event_on,
    reason,
    document_type,
    document_id,
    currency,
    amount_doc,
    amount_local,
    case
        when reason = 'missing_document' and entity = 'bank_line'
            then 'bank account ' || coalesce(document_id, '(none)') || ' is not loaded'
        when reason = 'missing_document' then 'its document is not loaded; it names ' || coalesce(document_id, '(none)')
        when rate_missing is not null then 'held with its document: no spot rate ' || rate_missing
        when reason = 'unknown_entity' then 'held with its document: legal entity ' || entity_id || ' is not in plumbline.yaml'
        when reason = 'missing_amount' then 'no amount, and no quantity and price to work it out'
        else 'no rate to local currency on ' || cast(event_on as varchar)
    end as message
from parts_held
union all
select
    'journal_line' as entity,
    source_system,
    source_id,
    entity_id,
    posted_on as event_on,
    reason,
    document_type,
    document_id,
    null as currency,
    null as amount_doc,
    amount_local,
    case reason
        when 'unknown_entity' then 'legal entity ' || coalesce(entity_id, '(none)') || ' is not in plumbline.yaml'
        else 'no spot rate ' || rate_missing || ' within seven days before ' || cast(posted_on as varchar)
    end as message
from journal_lines_held
