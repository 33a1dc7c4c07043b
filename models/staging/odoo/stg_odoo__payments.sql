-- One row per customer payment whose entry is posted; what is paid back to a customer is negative.
with {{ odoo_payments('customer') }}

select
    payment_id,
    entity_id,
    partner_id as customer_id,
    paid_on,
    currency,
    {{ money('amount_doc') }} as amount_doc,
    {{ money('amount_local') }} as amount_local,
    cast(null as decimal(18, 10)) as exchange_rate,
    bank_account_id,
    {{ odoo_lineage('every_payment') }}
from every_payment
