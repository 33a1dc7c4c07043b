-- One row per month, entity, side of the subledger and document currency: what exchange rates gained or lost on documents in
-- a foreign currency. realised_local is of the month, when documents are settled: settled at the rate of the payment less
-- at the rate of the document. unrealised_local stands at the month's end: what is still open, at the rate of that day, less
-- as it stands in the books; its change is what a revaluation of the month would post. Gains are positive on both sides.
-- An open document without a rate on the day is counted in without_rate_count and adds nothing.
with receivable_events as (select * from {{ ref('fct_receivable_events') }}),

payable_events as (select * from {{ ref('fct_payable_events') }}),

invoices as (select * from {{ ref('int_invoices') }}),

bills as (select * from {{ ref('int_bills') }}),

payment_applications as (select * from {{ ref('int_payment_applications') }}),

bill_payment_applications as (select * from {{ ref('int_bill_payment_applications') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

daily_rates as (select * from {{ ref('int_exchange_rates_daily') }}),

month_ends as (select * from {{ ref('int_month_ends') }}),

run_context as (select * from {{ ref('int_run_context') }}),

foreign_documents as (
    select
        'receivables' as side, invoices.invoice_id as document_id, invoices.entity_id, invoices.currency,
        entities.currency as local_currency, 1 as sign
    from invoices
    inner join entities on invoices.entity_id = entities.entity_id
    where invoices.currency <> entities.currency
    union all
    select
        'payables' as side, bills.bill_id as document_id, bills.entity_id, bills.currency,
        entities.currency as local_currency, -1 as sign
    from bills
    inner join entities on bills.entity_id = entities.entity_id
    where bills.currency <> entities.currency
),

settled as (
    select 'receivables' as side, invoice_id as document_id, applied_on, exchange_difference_local
    from payment_applications
    where invoice_id is not null
    union all
    select 'payables' as side, bill_id as document_id, applied_on, exchange_difference_local
    from bill_payment_applications
    where bill_id is not null
),

realised as (
    select
        {{ month_of('settled.applied_on') }} as month_on,
        foreign_documents.entity_id,
        foreign_documents.side,
        foreign_documents.currency,
        sum(settled.exchange_difference_local) as realised_local
    from settled
    inner join foreign_documents
        on
            settled.side = foreign_documents.side
            and settled.document_id = foreign_documents.document_id
    cross join run_context
    where settled.applied_on <= run_context.as_of
    group by
        {{ month_of('settled.applied_on') }},
        foreign_documents.entity_id,
        foreign_documents.side,
        foreign_documents.currency
),

events as (
    select 'receivables' as side, document_id, event_on, amount_doc, amount_local
    from receivable_events
    where document_type = 'invoice'
    union all
    select 'payables' as side, document_id, event_on, amount_doc, amount_local
    from payable_events
    where document_type = 'bill'
),

foreign_events as (
    select
        foreign_documents.*,
        events.event_on,
        events.amount_doc,
        events.amount_local
    from events
    inner join foreign_documents
        on
            events.side = foreign_documents.side
            and events.document_id = foreign_documents.document_id
),

document_spans as (
    select
        side,
        document_id,
        min(event_on) as first_on,
        max(event_on) as last_on,
        sum(amount_doc) as balance_doc
    from foreign_events
    group by side, document_id
),

open_documents as (
    select
        month_ends.month_on,
        month_ends.as_of_on,
        foreign_events.side,
        foreign_events.document_id,
        foreign_events.entity_id,
        foreign_events.currency,
        foreign_events.local_currency,
        foreign_events.sign,
        sum(foreign_events.amount_doc) as open_doc,
        sum(foreign_events.amount_local) as open_local
    from document_spans
    inner join month_ends
        on
            document_spans.first_on <= month_ends.as_of_on
            and (document_spans.balance_doc <> 0 or document_spans.last_on > month_ends.as_of_on)
    inner join foreign_events
        on
            document_spans.side = foreign_events.side
            and document_spans.document_id = foreign_events.document_id
            and month_ends.as_of_on >= foreign_events.event_on
    group by
        month_ends.month_on,
        month_ends.as_of_on,
        foreign_events.side,
        foreign_events.document_id,
        foreign_events.entity_id,
        foreign_events.currency,
        foreign_events.local_currency,
        foreign_events.sign
),

unrealised as (
    select
        open_documents.month_on,
        open_documents.entity_id,
        open_documents.side,
        open_documents.currency,
        sum(open_documents.sign * open_documents.open_doc) as open_doc,
        sum(open_documents.sign * open_documents.open_local) as open_local,
        sum(open_documents.sign * (
            {{ converted('cast(open_documents.open_doc as decimal(18, 2))', 'daily_rates.rate') }}
            - open_documents.open_local
        )) as unrealised_local,
        sum(case when daily_rates.rate is null then 1 else 0 end) as without_rate_count
    from open_documents
    left join daily_rates
        on
            open_documents.currency = daily_rates.from_currency
            and open_documents.local_currency = daily_rates.to_currency
            and open_documents.as_of_on = daily_rates.rate_on
    where open_documents.open_doc <> 0
    group by open_documents.month_on, open_documents.entity_id, open_documents.side, open_documents.currency
),

combined as (
    select
        coalesce(realised.month_on, unrealised.month_on) as month_on,
        coalesce(realised.entity_id, unrealised.entity_id) as entity_id,
        coalesce(realised.side, unrealised.side) as side,
        coalesce(realised.currency, unrealised.currency) as currency,
        realised.realised_local,
        unrealised.open_doc,
        unrealised.open_local,
        unrealised.unrealised_local,
        unrealised.without_rate_count
    from realised
    full outer join unrealised
        on
            realised.month_on = unrealised.month_on
            and realised.entity_id = unrealised.entity_id
            and realised.side = unrealised.side
            and realised.currency = unrealised.currency
)

select
    month_on,
    entity_id,
    side,
    currency,
    {{ money('coalesce(realised_local, 0)') }} as realised_local,
    {{ money('coalesce(open_doc, 0)') }} as open_doc,
    {{ money('coalesce(open_local, 0)') }} as open_local,
    {{ money('coalesce(unrealised_local, 0)') }} as unrealised_local,
    cast(coalesce(without_rate_count, 0) as integer) as without_rate_count
from combined
