-- One row per payment received from a customer (direction in) or made to a vendor (out), up to the as-of day.
-- Amounts are positive both ways. Leaves out held payments (fct_held_rows).
with customer_payments as (select * from {{ ref('int_payments') }}),

vendor_payments as (select * from {{ ref('int_bill_payments') }}),

receivable_events as (select * from {{ ref('fct_receivable_events') }} where document_type = 'payment'),

payable_events as (select * from {{ ref('fct_payable_events') }} where document_type = 'bill_payment'),

entities as (select * from {{ ref('int_legal_entities') }}),

run_context as (select * from {{ ref('int_run_context') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

unapplied as (
    select document_id, -sum(amount_local) as unapplied_local
    from receivable_events
    group by document_id
    union all
    select document_id, -sum(amount_local) as unapplied_local
    from payable_events
    group by document_id
),

every_payment as (
    select
        payment_id, 'in' as direction, entity_id, customer_id, null as vendor_id, bank_account_id,
        paid_on, currency, amount_doc, amount_local, source_system, source_id
    from customer_payments
    union all
    select
        bill_payment_id as payment_id, 'out' as direction, entity_id, null as customer_id, vendor_id, bank_account_id,
        paid_on, currency, amount_doc, amount_local, source_system, source_id
    from vendor_payments
),

reported as (
    select
        every_payment.*,
        {{ in_reporting_currency('every_payment.amount_local') }} as amount_rpt
    from every_payment
    cross join run_context
    inner join entities on every_payment.entity_id = entities.entity_id
    left join reporting_rates
        on
            entities.currency = reporting_rates.currency
            and every_payment.paid_on = reporting_rates.rate_on
    where every_payment.paid_on <= run_context.as_of
)

select
    reported.payment_id,
    reported.direction,
    reported.entity_id,
    reported.customer_id,
    reported.vendor_id,
    reported.bank_account_id,
    reported.paid_on,
    {{ month_of('reported.paid_on') }} as month_on,
    reported.currency,
    reported.amount_doc,
    reported.amount_local,
    reported.amount_rpt,
    {{ money('unapplied.unapplied_local') }} as unapplied_local,
    reported.source_system,
    reported.source_id
from reported
inner join unapplied on reported.payment_id = unapplied.document_id
where reported.amount_rpt is not null
