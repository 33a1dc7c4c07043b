-- One row per application of a payment or credit note to an invoice, in local currency at the invoice's own rate.
-- amount_local includes the early-payment discount, which settles the invoice without being paid;
-- discount_local is that part of it. Worked out here, the application that settles an invoice takes what rounding has left of it.
-- Null amounts belong to an invoice without a rate and are held with it.
with applications as ({{ canonical('payment_application') }}),

invoices as (select * from {{ ref('int_invoices') }}),

rated as (
    select
        applications.*,
        invoices.entity_id,
        invoices.customer_id,
        invoices.rate_to_local,
        invoices.gross_doc,
        invoices.gross_local,
        applications.amount_local is null as is_derived,
        applications.amount_doc + coalesce(applications.discount_doc, 0) as settled_doc,
        coalesce(
            applications.amount_local,
            {{ converted('(applications.amount_doc + coalesce(applications.discount_doc, 0))', 'invoices.rate_to_local') }}
        ) as own_local
    from applications
    left join invoices on applications.invoice_id = invoices.invoice_id
),

remainders as (
    {{ settling_remainders('invoice_id', 'payment_application_id') }}
)

select
    rated.payment_application_id,
    rated.payment_id,
    rated.credit_note_id,
    rated.invoice_id,
    rated.applied_on,
    rated.amount_doc,
    {{ money('rated.own_local + coalesce(remainders.remainder_local, 0)') }} as amount_local,
    rated.discount_doc,
    coalesce(rated.exchange_difference_local, 0) as exchange_difference_local,
    rated.source_system,
    rated.source_id,
    rated.batch_id,
    rated.batch_row,
    rated.loaded_at,
    rated.entity_id,
    rated.customer_id,
    case
        when rated.discount_doc is null or rated.discount_doc = 0 then cast(0 as decimal(18, 2))
        else {{ converted('rated.discount_doc', 'rated.rate_to_local') }}
    end as discount_local
from rated
left join remainders on rated.payment_application_id = remainders.payment_application_id
