-- One row per promise of a customer to pay, with the number of the instalment that it names.
with payment_promises as ({{ canonical('payment_promise') }}),

instalments as (select * from {{ ref('int_receivable_instalments') }})

select
    payment_promises.payment_promise_id,
    payment_promises.customer_id,
    payment_promises.invoice_id,
    payment_promises.instalment_id,
    payment_promises.made_on,
    payment_promises.promised_on,
    payment_promises.promised_doc,
    payment_promises.source_system,
    payment_promises.source_id,
    payment_promises.batch_id,
    payment_promises.batch_row,
    payment_promises.loaded_at,
    instalments.instalment_no
from payment_promises
left join instalments on payment_promises.instalment_id = instalments.instalment_id
