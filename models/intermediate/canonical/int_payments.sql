-- One row per customer payment received, with its local amount; a null local amount lacks a rate and is held.
with payments as ({{ canonical('payment') }}),

legal_entities as (select * from {{ ref('int_legal_entities') }}),

exchange_rates as (select * from {{ ref('int_exchange_rates_daily') }}),

rated as (
    {{ rated('payments', 'paid_on') }}
)

select
    payment_id,
    entity_id,
    customer_id,
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
