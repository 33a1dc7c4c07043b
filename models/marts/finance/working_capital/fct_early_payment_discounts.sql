-- One row per customer invoice or vendor bill that offered an early-payment discount, or on which one was taken, up to the
-- as-of day: what was offered, taken in time, taken without right (late, or never offered) and missed.
-- Missed is what was not taken once the last day has passed, or the document was settled without it. Debit notes, credit
-- notes and held documents are left out.
with invoices as (select * from {{ ref('int_invoices') }} where gross_local > 0),

bills as (select * from {{ ref('int_bills') }} where gross_local > 0),

payment_applications as (select * from {{ ref('int_payment_applications') }} where amount_local is not null),

bill_payment_applications as (select * from {{ ref('int_bill_payment_applications') }} where amount_local is not null),

entities as (select * from {{ ref('int_legal_entities') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

run_context as (select * from {{ ref('int_run_context') }}),

documents as (
    select
        'invoice' as document_type, invoice_id as document_id, entity_id, customer_id, null as vendor_id,
        invoiced_on as posted_on, discount_due_on, cash_discount_ratio, gross_local, gross_doc,
        rate_to_local, source_system, source_id
    from invoices
    union all
    select
        'bill' as document_type, bill_id as document_id, entity_id, null as customer_id, vendor_id,
        billed_on as posted_on, discount_due_on, cash_discount_ratio, gross_local, gross_doc,
        rate_to_local, source_system, source_id
    from bills
),

applications as (
    select 'invoice' as document_type, invoice_id as document_id, applied_on, amount_local, discount_local
    from payment_applications
    union all
    select 'bill' as document_type, bill_id as document_id, applied_on, amount_local, discount_local
    from bill_payment_applications
),

settlements as (
    select
        documents.document_type,
        documents.document_id,
        sum(applications.amount_local) as settled_local,
        sum(case when applications.applied_on <= documents.discount_due_on then applications.discount_local else 0 end)
            as taken_in_time_local,
        sum(applications.discount_local) as taken_local,
        max(case when applications.discount_local <> 0 then applications.applied_on end) as taken_on
    from documents
    inner join applications
        on
            documents.document_type = applications.document_type
            and documents.document_id = applications.document_id
    cross join run_context
    where applications.applied_on <= run_context.as_of
    group by documents.document_type, documents.document_id
),

discounts as (
    select
        documents.*,
        -- In the document's currency first, as the discount itself is: its cents are then the same.
        coalesce(
            {{ converted(money('documents.gross_doc * documents.cash_discount_ratio'), 'documents.rate_to_local') }}, 0
        ) as offered_local,
        coalesce(settlements.taken_local, 0) as taken_local,
        coalesce(settlements.taken_in_time_local, 0) as taken_in_time_local,
        settlements.taken_on,
        documents.discount_due_on < run_context.as_of
        or coalesce(settlements.settled_local, 0) >= documents.gross_local as is_decided
    from documents
    cross join run_context
    left join settlements
        on
            documents.document_type = settlements.document_type
            and documents.document_id = settlements.document_id
    where
        documents.posted_on <= run_context.as_of
        and (documents.cash_discount_ratio > 0 or settlements.taken_local <> 0)
),

-- More than was offered is taken without right, whenever it was taken.
judged as (
    select
        *,
        {{ money('least(taken_in_time_local, offered_local)') }} as earned_local,
        {{ money('taken_local - least(taken_in_time_local, offered_local)') }} as unearned_local
    from discounts
)

select
    judged.document_type,
    judged.document_id,
    judged.entity_id,
    judged.customer_id,
    judged.vendor_id,
    judged.posted_on,
    {{ month_of('judged.posted_on') }} as month_on,
    judged.discount_due_on,
    judged.taken_on,
    judged.gross_local,
    judged.offered_local,
    judged.earned_local,
    judged.unearned_local,
    case when judged.is_decided then {{ money('judged.offered_local - judged.earned_local') }} else {{ money('0') }} end
        as missed_local,
    case when judged.is_decided then {{ money('0') }} else {{ money('judged.offered_local - judged.earned_local') }} end
        as still_offered_local,
    {{ in_reporting_currency('judged.offered_local') }} as offered_rpt,
    {{ in_reporting_currency('judged.earned_local') }} as earned_rpt,
    {{ in_reporting_currency('judged.unearned_local') }} as unearned_rpt,
    judged.source_system,
    judged.source_id
from judged
inner join entities on judged.entity_id = entities.entity_id
left join reporting_rates
    on
        entities.currency = reporting_rates.currency
        and judged.posted_on = reporting_rates.rate_on
