-- One row per payment to a vendor, with its local amount; a null local amount lacks a rate and is held.
with bill_payments as ({{ canonical('bill_payment') }}),

legal_entities as (select * from {{ ref('int_legal_entities') }}),

exchange_rates as (select * from {{ ref('int_exchange_rates_daily') }}),

rated as (
    {{ rated('bill_payments', 'paid_on') }}
)

select
    bill_payment_id,
    entity_id,
    vendor_id,
    paid_on,
    currency,
    amount_doc,
    coalesce(amount_local, {{ converted('amount_doc', 'rate_to_local') }}) as amount_local,
    exchange_rate,
    bank_account_id,
    source_system,
    source_id,
    batch_id,
    batch_row,
    loaded_at,
    rate_to_local
from rated
