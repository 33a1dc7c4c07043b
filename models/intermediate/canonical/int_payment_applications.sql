-- One row per application of a payment or credit note to an invoice, in local currency at the invoice's own rate.
-- amount_local includes the early-payment discount, which settles the invoice without being paid;
-- discount_local is that part of it. Null amounts belong to an invoice without a rate and are held with it.
with applications as ({{ canonical('payment_application') }}),

invoices as (select * from {{ ref('int_invoices') }}),

rated as (
    select
        applications.*,
        invoices.entity_id,
        invoices.customer_id,
        invoices.rate_to_local
    from applications
    left join invoices on applications.invoice_id = invoices.invoice_id
)

select
    payment_application_id,
    payment_id,
    credit_note_id,
    invoice_id,
    applied_on,
    amount_doc,
    coalesce(amount_local, {{ converted('(amount_doc + coalesce(discount_doc, 0))', 'rate_to_local') }}) as amount_local,
    discount_doc,
    coalesce(exchange_difference_local, 0) as exchange_difference_local,
    source_system,
    source_id,
    batch_id,
    batch_row,
    loaded_at,
    entity_id,
    customer_id,
    case
        when discount_doc is null or discount_doc = 0 then cast(0 as decimal(18, 2))
        else {{ converted('discount_doc', 'rate_to_local') }}
    end as discount_local
from rated
