-- One row per vendor bill, debit note and payment to a vendor, settled or open, as of the as-of day. Positive is owed.
-- Debit notes and payments stand open, negative, as far as they are not applied. Held documents are left out.
with events as (select * from {{ ref('fct_payable_events') }}),

bills as (select * from {{ ref('int_bills') }}),

payments as (select * from {{ ref('int_bill_payments') }}),

vendors as (select * from {{ ref('int_vendors') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

run_context as (select * from {{ ref('int_run_context') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

balances as (
    select
        document_type,
        document_id,
        sum(case when event_type = 'applied' then amount_local else 0 end) as applied_local,
        max(event_on) as last_event_on
    from events
    group by document_type, document_id
),

every_item as (
    select
        case when bills.gross_local < 0 then 'debit_note' else 'bill' end as document_type,
        bills.bill_id as document_id,
        bills.entity_id,
        bills.vendor_id,
        bills.billed_on,
        coalesce(
            bills.due_on,
            cast({{ dbt.dateadd('day', 'coalesce(vendors.payment_terms_days, 0)', 'bills.billed_on') }} as date)
        ) as due_on,
        bills.currency,
        bills.gross_doc,
        bills.gross_local,
        {{ money('-balances.applied_local') }} as applied_local,
        balances.last_event_on,
        bills.source_system,
        bills.source_id
    from balances
    inner join bills on balances.document_id = bills.bill_id
    left join vendors on bills.vendor_id = vendors.vendor_id
    where balances.document_type = 'bill'
    union all
    select
        'bill_payment' as document_type,
        payments.bill_payment_id as document_id,
        payments.entity_id,
        payments.vendor_id,
        payments.paid_on as billed_on,
        payments.paid_on as due_on,
        payments.currency,
        -payments.amount_doc as gross_doc,
        -payments.amount_local as gross_local,
        {{ money('-balances.applied_local') }} as applied_local,
        balances.last_event_on,
        payments.source_system,
        payments.source_id
    from balances
    inner join payments on balances.document_id = payments.bill_payment_id
    where balances.document_type = 'bill_payment'
),

opened as (
    select
        every_item.*,
        {{ money('every_item.gross_local - every_item.applied_local') }} as open_local,
        cast({{ dbt.datediff('every_item.due_on', 'run_context.as_of', 'day') }} as integer) as days_overdue,
        run_context.as_of
    from every_item
    cross join run_context
)

select
    opened.document_type,
    opened.document_id,
    opened.entity_id,
    opened.vendor_id,
    coalesce(vendors.intercompany_entity_id is not null, false) as is_intercompany,
    opened.billed_on,
    opened.due_on,
    opened.currency,
    opened.gross_doc,
    opened.gross_local,
    case
        when entities.is_reporting_currency then opened.gross_local
        else {{ converted('opened.gross_local', 'posting_day_rates.rate') }}
    end as gross_rpt,
    opened.applied_local,
    opened.open_local,
    {{ in_reporting_currency('opened.open_local') }} as open_rpt,
    case when opened.open_local = 0 then opened.last_event_on end as settled_on,
    case when opened.open_local <> 0 and opened.document_type = 'bill' then greatest(opened.days_overdue, 0) end
        as days_overdue,
    case
        when opened.open_local = 0 then 'settled'
        when opened.document_type <> 'bill' then 'unapplied'
        else {{ ageing_bucket('opened.days_overdue') }}
    end as bucket,
    opened.source_system,
    opened.source_id
from opened
inner join entities on opened.entity_id = entities.entity_id
left join reporting_rates
    on
        entities.currency = reporting_rates.currency
        and opened.as_of = reporting_rates.rate_on
left join reporting_rates as posting_day_rates
    on
        entities.currency = posting_day_rates.currency
        and opened.billed_on = posting_day_rates.rate_on
left join vendors on opened.vendor_id = vendors.vendor_id
