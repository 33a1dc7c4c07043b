-- One row per event that earns a seller commission or takes it back. A win's rate is that of the plan which held on its day, in the
-- tier that the month's bookings reached of the month's quota; it stays with the deal. By plan commission is earned
--   booked           when the deal is won, and reversed when it is reopened;
--   invoiced_margin  with each invoice of the deal, on its known margin;
--   collected_cash   with each payment applied to one, on the part before tax.
-- Credit notes take back their part (booked, invoiced_margin). Where the plan says so, what is unpaid so many days after its due date
-- is clawed back, and comes back with the payment, or with the credit note that settles it, which takes its part by itself. An owner
-- without a plan earns nothing. Of a deal that several owners share, each earns by the own plan and quota on the own part of every base.
with rates as (select * from {{ ref('int_commission_rates') }}),

invoices as (select * from {{ ref('int_commission_invoices') }}),

invoice_lines as (select * from {{ ref('fct_invoice_lines') }}),

credit_notes as (select * from {{ ref('int_credit_notes') }}),

applications as (select * from {{ ref('int_payment_applications') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

run_context as (select * from {{ ref('int_run_context') }}),

won as (
    select
        'booked' as event_type,
        won_on as event_on,
        deal_id as document_id,
        deal_id,
        owner_id,
        won_on,
        amount_rpt as base_rpt
    from rates
    where commission_base = 'booked'
),

reopened as (
    select
        'reversed' as event_type,
        reopened_on as event_on,
        deal_id as document_id,
        deal_id,
        owner_id,
        won_on,
        -amount_rpt as base_rpt
    from rates
    where commission_base = 'booked' and reopened_on is not null
),

invoiced as (
    select
        'invoiced' as event_type,
        invoiced_on as event_on,
        invoice_id as document_id,
        deal_id,
        owner_id,
        won_on,
        worth_rpt as base_rpt
    from invoices
    where commission_base = 'invoiced_margin'
),

credited as (
    select
        'credited' as event_type,
        min(invoice_lines.invoiced_on) as event_on,
        invoice_lines.document_id,
        invoices.deal_id,
        invoices.owner_id,
        invoices.won_on,
        sum(case
            when invoices.commission_base = 'booked' then invoice_lines.net_rpt else coalesce(invoice_lines.margin_rpt, 0)
        end) as base_rpt
    from invoices
    inner join credit_notes
        on invoices.invoice_id = credit_notes.invoice_id
    inner join invoice_lines
        on credit_notes.credit_note_id = invoice_lines.document_id and invoice_lines.document_type = 'credit_note'
    where invoices.commission_base <> 'collected_cash' and invoices.worth_rpt is not null
    group by invoice_lines.document_id, invoices.deal_id, invoices.owner_id, invoices.won_on
),

settlements as (
    select
        invoices.*,
        applications.payment_application_id,
        applications.payment_id,
        applications.applied_on,
        applications.amount_doc as paid_doc,
        applications.amount_doc + coalesce(applications.discount_doc, 0) as settled_doc
    from invoices
    inner join applications
        on invoices.invoice_id = applications.invoice_id
    cross join run_context
    where applications.applied_on <= run_context.as_of
),

collected as (
    select
        'collected' as event_type,
        settlements.applied_on as event_on,
        settlements.payment_application_id as document_id,
        settlements.deal_id,
        settlements.owner_id,
        settlements.won_on,
        case
            when settlements.currency = run_context.reporting_currency
                then {{ part_of('settlements.paid_doc', 'settlements.net_doc', 'settlements.gross_doc') }}
            else {{ part_of(
                'cast(settlements.paid_doc as decimal(28, 2)) * reporting_rates.rate', 'settlements.net_doc', 'settlements.gross_doc'
            ) }}
        end as base_rpt
    from settlements
    cross join run_context
    left join reporting_rates
        on settlements.currency = reporting_rates.currency and settlements.applied_on = reporting_rates.rate_on
    where settlements.commission_base = 'collected_cash' and settlements.payment_id is not null
),

clawed_back as (
    select
        'clawed_back' as event_type,
        invoices.claw_back_on as event_on,
        invoices.invoice_id as document_id,
        invoices.deal_id,
        invoices.owner_id,
        invoices.won_on,
        {{ part_of('-invoices.worth_rpt', 'invoices.gross_doc - invoices.settled_in_time_doc', 'invoices.gross_doc') }} as base_rpt
    from invoices
    cross join run_context
    where invoices.claw_back_on <= run_context.as_of and invoices.gross_doc > invoices.settled_in_time_doc
),

settled_late as (
    select
        'paid_late' as event_type,
        applied_on as event_on,
        payment_application_id as document_id,
        deal_id,
        owner_id,
        won_on,
        {{ part_of('worth_rpt', 'settled_doc', 'gross_doc') }} as base_rpt
    from settlements
    where claw_back_on < applied_on
),

events as (
    select * from won
    union all
    select * from reopened
    union all
    select * from invoiced
    union all
    select * from credited
    union all
    select * from collected
    union all
    select * from clawed_back
    union all
    select * from settled_late
),

earned as (
    select
        rates.deal_id
        || ':'
        || events.event_type
        || ':'
        || events.document_id
        || ':'
        || cast(events.event_on as varchar(10))
        || case when rates.share_ratio < 1 then ':' || rates.owner_id else '' end as commission_id,
        rates.owner_id,
        rates.region,
        rates.plan_name,
        rates.commission_base,
        rates.deal_id,
        events.event_type,
        events.document_id,
        events.event_on,
        {{ month_of('events.event_on') }} as month_on,
        rates.share_ratio,
        {{ money(shared('events.base_rpt', 'rates')) }} as base_rpt,
        rates.attainment_ratio,
        rates.rate_ratio
    from events
    inner join rates
        on events.deal_id = rates.deal_id and events.owner_id = rates.owner_id and events.won_on = rates.won_on
    where events.base_rpt is not null
),

final as (
    select
        commission_id,
        owner_id,
        region,
        plan_name,
        commission_base,
        deal_id,
        event_type,
        document_id,
        event_on,
        month_on,
        base_rpt,
        attainment_ratio,
        rate_ratio,
        {{ money('cast(base_rpt as decimal(28, 2)) * rate_ratio') }} as commission_rpt,
        share_ratio
    from earned
)

select * from final
