-- One row per application of a vendor payment to a bill, in local currency at the bill's own rate.
-- amount_local includes the discount taken; discount_local is that part of it. Worked out here, the application that settles a bill
-- takes what rounding has left of it. Null amounts are held with their bill.
with applications as ({{ canonical('bill_payment_application') }}),

bills as (select * from {{ ref('int_bills') }}),

rated as (
    select
        applications.*,
        bills.entity_id,
        bills.vendor_id,
        bills.rate_to_local,
        bills.gross_doc,
        bills.gross_local,
        applications.amount_local is null as is_derived,
        applications.amount_doc + coalesce(applications.discount_doc, 0) as settled_doc,
        coalesce(
            applications.amount_local,
            {{ converted('(applications.amount_doc + coalesce(applications.discount_doc, 0))', 'bills.rate_to_local') }}
        ) as own_local
    from applications
    left join bills on applications.bill_id = bills.bill_id
),

remainders as (
    {{ settling_remainders('bill_id', 'bill_payment_application_id') }}
)

select
    rated.bill_payment_application_id,
    rated.bill_payment_id,
    rated.bill_id,
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
    rated.vendor_id,
    case
        when rated.discount_doc is null or rated.discount_doc = 0 then cast(0 as decimal(18, 2))
        else {{ converted('rated.discount_doc', 'rated.rate_to_local') }}
    end as discount_local
from rated
left join remainders on rated.bill_payment_application_id = remainders.bill_payment_application_id
