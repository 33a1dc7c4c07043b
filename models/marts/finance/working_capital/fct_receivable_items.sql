-- One row per invoice instalment, credit note and payment, settled or open, as of the as-of day. Credit notes and
-- payments are open, with a negative balance, as far as they are not applied. Held documents are left out.
-- Open amounts are at the as-of day's rate, because a receivable is worth what it would bring in on that day.
with events as (select * from {{ ref('fct_receivable_events') }}),

instalments as (select * from {{ ref('int_receivable_instalments') }}),

credit_notes as (select * from {{ ref('int_credit_notes') }}),

payments as (select * from {{ ref('int_payments') }}),

customers as (select * from {{ ref('int_customers') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

run_context as (select * from {{ ref('int_run_context') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

balances as (
    select
        document_type,
        document_id,
        sum(case when event_type = 'applied' then amount_local else 0 end) as applied_local,
        sum(amount_local) as open_local,
        max(event_on) as last_event_on
    from events
    group by document_type, document_id
),

invoice_items as (
    select
        'invoice' as document_type,
        instalments.invoice_id as document_id,
        instalments.instalment_no,
        instalments.instalments_count,
        instalments.entity_id,
        instalments.customer_id,
        instalments.invoiced_on,
        instalments.due_on,
        instalments.currency,
        instalments.gross_doc,
        instalments.gross_local,
        instalments.due_before_local,
        {{ money(settled_of_instalment('-balances.applied_local', 'instalments')) }} as applied_local,
        balances.last_event_on,
        instalments.disputed_on,
        instalments.dispute_ended_on,
        instalments.source_system,
        instalments.source_id
    from instalments
    inner join balances
        on
            instalments.invoice_id = balances.document_id
            and balances.document_type = 'invoice'
),

credit_items as (
    select
        balances.document_type,
        balances.document_id,
        1 as instalment_no,
        1 as instalments_count,
        credit_notes.entity_id,
        credit_notes.customer_id,
        credit_notes.credited_on as invoiced_on,
        credit_notes.credited_on as due_on,
        credit_notes.currency,
        -credit_notes.gross_doc as gross_doc,
        -credit_notes.gross_local as gross_local,
        cast(0 as decimal(18, 2)) as due_before_local,
        {{ money('-balances.applied_local') }} as applied_local,
        balances.last_event_on,
        cast(null as date) as disputed_on,
        cast(null as date) as dispute_ended_on,
        credit_notes.source_system,
        credit_notes.source_id
    from balances
    inner join credit_notes on balances.document_id = credit_notes.credit_note_id
    where balances.document_type = 'credit_note'
),

payment_items as (
    select
        balances.document_type,
        balances.document_id,
        1 as instalment_no,
        1 as instalments_count,
        payments.entity_id,
        payments.customer_id,
        payments.paid_on as invoiced_on,
        payments.paid_on as due_on,
        payments.currency,
        -payments.amount_doc as gross_doc,
        -payments.amount_local as gross_local,
        cast(0 as decimal(18, 2)) as due_before_local,
        {{ money('-balances.applied_local') }} as applied_local,
        balances.last_event_on,
        cast(null as date) as disputed_on,
        cast(null as date) as dispute_ended_on,
        payments.source_system,
        payments.source_id
    from balances
    inner join payments on balances.document_id = payments.payment_id
    where balances.document_type = 'payment'
),

every_item as (
    select * from invoice_items
    union all
    select * from credit_items
    union all
    select * from payment_items
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
    opened.instalment_no,
    opened.instalments_count,
    opened.entity_id,
    opened.customer_id,
    coalesce(customers.intercompany_entity_id is not null, false) as is_intercompany,
    opened.invoiced_on,
    opened.due_on,
    opened.currency,
    opened.gross_doc,
    opened.gross_local,
    case
        when entities.is_reporting_currency then opened.gross_local
        else {{ converted('opened.gross_local', 'posting_day_rates.rate') }}
    end as gross_rpt,
    opened.due_before_local,
    opened.applied_local,
    opened.open_local,
    {{ in_reporting_currency('opened.open_local') }} as open_rpt,
    case when opened.open_local = 0 then opened.last_event_on end as settled_on,
    case when opened.open_local <> 0 and opened.document_type = 'invoice' then greatest(opened.days_overdue, 0) end
        as days_overdue,
    case
        when opened.open_local = 0 then 'settled'
        when opened.document_type <> 'invoice' then 'unapplied'
        else {{ ageing_bucket('opened.days_overdue') }}
    end as bucket,
    opened.source_system,
    opened.source_id,
    opened.disputed_on,
    opened.dispute_ended_on,
    opened.open_local <> 0 and opened.disputed_on is not null and opened.dispute_ended_on is null as is_disputed
from opened
inner join entities on opened.entity_id = entities.entity_id
left join reporting_rates
    on
        entities.currency = reporting_rates.currency
        and opened.as_of = reporting_rates.rate_on
left join reporting_rates as posting_day_rates
    on
        entities.currency = posting_day_rates.currency
        and opened.invoiced_on = posting_day_rates.rate_on
left join customers on opened.customer_id = customers.customer_id
