-- One row per application of a vendor payment to a bill, in local currency at the bill's own rate.
-- amount_local includes the discount taken; discount_local is that part of it. Null amounts are held with their bill.
with applications as ({{ canonical('bill_payment_application') }}),

bills as (select * from {{ ref('int_bills') }}),

rated as (
    select
        applications.*,
        bills.entity_id,
        bills.vendor_id,
        bills.rate_to_local
    from applications
    left join bills on applications.bill_id = bills.bill_id
)

select
    bill_payment_application_id,
    bill_payment_id,
    bill_id,
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
    vendor_id,
    case
        when discount_doc is null or discount_doc = 0 then cast(0 as decimal(18, 2))
        else {{ converted('discount_doc', 'rate_to_local') }}
    end as discount_local
from rated
