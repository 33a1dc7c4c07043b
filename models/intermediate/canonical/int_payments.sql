-- One row per customer payment received, with its local amount; a null local amount lacks a rate and is held.
with payments as ({{ canonical('payment') }}),

legal_entities as (select * from {{ ref('int_legal_entities') }}),

exchange_rates as (select * from {{ ref('int_exchange_rates_daily') }}),

rated as (
    select
        payments.*,
        coalesce(
            payments.exchange_rate,
            case when payments.currency = legal_entities.currency then cast(1 as decimal(18, 10)) end,
            exchange_rates.rate
        ) as rate_to_local
    from payments
    left join legal_entities on payments.entity_id = legal_entities.entity_id
    left join exchange_rates
        on
            payments.currency = exchange_rates.from_currency
            and legal_entities.currency = exchange_rates.to_currency
            and payments.paid_on = exchange_rates.rate_on
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
