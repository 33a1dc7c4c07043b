-- One row per event that earns a seller commission or takes it back. A win's rate is that of the plan which held on its day, in the
-- tier that the month's bookings reached of the month's quota; it stays with the deal. By plan commission is earned
--   booked           when the deal is won, and reversed when it is reopened;
--   invoiced_margin  with each invoice of the deal, on its known margin;
--   collected_cash   with each payment applied to one, on the part before tax.
-- Credit notes take back their part (booked, invoiced_margin). Where the plan says so, what is unpaid so many days after its due date
-- is clawed back, and comes back with the payment. An owner without a plan earns nothing. Of a deal that several
-- owners share, each earns by the own plan and quota on the own part of every base.
with plans as (select * from {{ ref('int_commission_plans') }}),

states as (select * from {{ ref('int_deal_states') }}),

deals as (select * from {{ ref('fct_deals') }}),

shares as (select * from {{ ref('int_deal_shares') }}),

attainment as (select * from {{ ref('fct_quota_attainment') }}),

invoice_deals as (select * from {{ ref('int_invoice_deals') }}),

invoice_lines as (select * from {{ ref('fct_invoice_lines') }}),

receivable_items as (select * from {{ ref('fct_receivable_items') }}),

credit_notes as (select * from {{ ref('int_credit_notes') }}),

applications as (select * from {{ ref('int_payment_applications') }}),

invoices as (select * from {{ ref('int_invoices') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

run_context as (select * from {{ ref('int_run_context') }}),

wins as (
    select
        states.deal_id,
        states.valid_from_on as won_on,
        states.valid_to_on as reopened_on,
        coalesce(states.amount_rpt, 0) as amount_rpt,
        shares.owner_id,
        shares.from_ratio,
        shares.to_ratio,
        shares.share_ratio,
        deals.region
    from states
    inner join deals
        on states.deal_id = deals.deal_id
    inner join shares
        on states.deal_id = shares.deal_id
    where states.outcome = 'won'
),

-- The newest plan of the owner on the day; of its tiers the highest that was reached.
tiers as (
    select
        wins.deal_id,
        wins.owner_id,
        wins.won_on,
        plans.plan_name,
        plans.commission_base,
        plans.rate_ratio,
        plans.claw_back_days,
        attainment.attainment_ratio,
        row_number() over (
            partition by wins.deal_id, wins.owner_id, wins.won_on order by plans.valid_from_on desc, plans.from_attainment_ratio desc
        ) as place
    from wins
    left join attainment
        on wins.owner_id = attainment.owner_id and {{ month_of('wins.won_on') }} = attainment.month_on
    inner join plans
        on
            wins.owner_id = plans.owner_id
            and wins.won_on >= plans.valid_from_on
            and plans.from_attainment_ratio <= coalesce(attainment.attainment_ratio, 0)
),

rated as (
    select
        wins.*,
        tiers.plan_name,
        tiers.commission_base,
        tiers.rate_ratio,
        tiers.claw_back_days,
        tiers.attainment_ratio
    from wins
    inner join tiers
        on
            wins.deal_id = tiers.deal_id
            and wins.owner_id = tiers.owner_id
            and wins.won_on = tiers.won_on
            and tiers.place = 1
),

-- What each invoice is worth as a base of commission, before tax.
invoice_bases as (
    select
        document_id as invoice_id,
        min(invoiced_on) as invoiced_on,
        sum(net_rpt) as net_rpt,
        sum(coalesce(margin_rpt, 0)) as margin_rpt
    from invoice_lines
    where document_type = 'invoice'
    group by document_id
),

due_days as (
    select
        document_id as invoice_id,
        max(due_on) as due_on
    from receivable_items
    where document_type = 'invoice'
    group by document_id
),

deal_invoices as (
    select
        rated.*,
        invoice_bases.invoice_id,
        invoice_bases.invoiced_on,
        case when rated.commission_base = 'booked' then invoice_bases.net_rpt else invoice_bases.margin_rpt end as invoice_base_rpt,
        invoices.currency,
        invoices.net_doc,
        invoices.gross_doc,
        case
            when rated.claw_back_days is not null and rated.commission_base <> 'collected_cash'
                then cast({{ dbt.dateadd('day', 'rated.claw_back_days', 'due_days.due_on') }} as date)
        end as claw_back_on
    from rated
    inner join invoice_deals
        on rated.deal_id = invoice_deals.deal_id
    inner join invoice_bases
        on invoice_deals.invoice_id = invoice_bases.invoice_id
    inner join invoices
        on invoice_deals.invoice_id = invoices.invoice_id
    left join due_days
        on invoice_deals.invoice_id = due_days.invoice_id
    where rated.reopened_on is null
),

known_applications as (
    select applications.*
    from applications
    cross join run_context
    where applications.applied_on <= run_context.as_of
),

paid_in_time as (
    select
        deal_invoices.invoice_id,
        deal_invoices.owner_id,
        sum(known_applications.amount_doc + coalesce(known_applications.discount_doc, 0)) as paid_doc
    from deal_invoices
    inner join known_applications
        on deal_invoices.invoice_id = known_applications.invoice_id and deal_invoices.claw_back_on >= known_applications.applied_on
    group by deal_invoices.invoice_id, deal_invoices.owner_id
),

events as (
    select
        'booked' as event_type,
        won_on as event_on,
        deal_id as document_id,
        deal_id,
        owner_id,
        won_on,
        amount_rpt as base_rpt
    from rated
    where commission_base = 'booked'
    union all
    select
        'reversed' as event_type,
        reopened_on as event_on,
        deal_id as document_id,
        deal_id,
        owner_id,
        won_on,
        -amount_rpt as base_rpt
    from rated
    where commission_base = 'booked' and reopened_on is not null
    union all
    select
        'invoiced' as event_type,
        invoiced_on as event_on,
        invoice_id as document_id,
        deal_id,
        owner_id,
        won_on,
        invoice_base_rpt as base_rpt
    from deal_invoices
    where commission_base = 'invoiced_margin'
    union all
    select
        'credited' as event_type,
        min(invoice_lines.invoiced_on) as event_on,
        invoice_lines.document_id,
        deal_invoices.deal_id,
        deal_invoices.owner_id,
        deal_invoices.won_on,
        sum(case
            when deal_invoices.commission_base = 'booked' then invoice_lines.net_rpt else coalesce(invoice_lines.margin_rpt, 0)
        end) as base_rpt
    from deal_invoices
    inner join credit_notes
        on deal_invoices.invoice_id = credit_notes.invoice_id
    inner join invoice_lines
        on credit_notes.credit_note_id = invoice_lines.document_id and invoice_lines.document_type = 'credit_note'
    where deal_invoices.commission_base <> 'collected_cash'
    group by invoice_lines.document_id, deal_invoices.deal_id, deal_invoices.owner_id, deal_invoices.won_on
    union all
    select
        'collected' as event_type,
        known_applications.applied_on as event_on,
        known_applications.payment_application_id as document_id,
        deal_invoices.deal_id,
        deal_invoices.owner_id,
        deal_invoices.won_on,
        known_applications.amount_doc * {{ ratio('deal_invoices.net_doc', 'deal_invoices.gross_doc') }}
        * case
            when deal_invoices.currency = run_context.reporting_currency then 1
            else cast(reporting_rates.rate as double)
        end as base_rpt
    from deal_invoices
    inner join known_applications
        on deal_invoices.invoice_id = known_applications.invoice_id
    cross join run_context
    left join reporting_rates
        on deal_invoices.currency = reporting_rates.currency and known_applications.applied_on = reporting_rates.rate_on
    where deal_invoices.commission_base = 'collected_cash' and known_applications.payment_id is not null
    union all
    select
        'clawed_back' as event_type,
        deal_invoices.claw_back_on as event_on,
        deal_invoices.invoice_id as document_id,
        deal_invoices.deal_id,
        deal_invoices.owner_id,
        deal_invoices.won_on,
        -deal_invoices.invoice_base_rpt
        * {{ ratio('deal_invoices.gross_doc - coalesce(paid_in_time.paid_doc, 0)', 'deal_invoices.gross_doc') }} as base_rpt
    from deal_invoices
    cross join run_context
    left join paid_in_time
        on deal_invoices.invoice_id = paid_in_time.invoice_id and deal_invoices.owner_id = paid_in_time.owner_id
    where
        deal_invoices.claw_back_on <= run_context.as_of
        and deal_invoices.gross_doc > coalesce(paid_in_time.paid_doc, 0)
    union all
    select
        'paid_late' as event_type,
        known_applications.applied_on as event_on,
        known_applications.payment_application_id as document_id,
        deal_invoices.deal_id,
        deal_invoices.owner_id,
        deal_invoices.won_on,
        deal_invoices.invoice_base_rpt
        * {{ ratio('known_applications.amount_doc + coalesce(known_applications.discount_doc, 0)', 'deal_invoices.gross_doc') }} as base_rpt
    from deal_invoices
    inner join known_applications
        on deal_invoices.invoice_id = known_applications.invoice_id and deal_invoices.claw_back_on < known_applications.applied_on
    where known_applications.payment_id is not null
),

earned as (
    select
        rated.deal_id
        || ':'
        || events.event_type
        || ':'
        || events.document_id
        || ':'
        || cast(events.event_on as varchar(10))
        || case when rated.share_ratio < 1 then ':' || rated.owner_id else '' end as commission_id,
        rated.owner_id,
        rated.region,
        rated.plan_name,
        rated.commission_base,
        rated.deal_id,
        events.event_type,
        events.document_id,
        events.event_on,
        {{ month_of('events.event_on') }} as month_on,
        rated.share_ratio,
        {{ money(shared('events.base_rpt', 'rated')) }} as base_rpt,
        rated.attainment_ratio,
        rated.rate_ratio
    from events
    inner join rated
        on events.deal_id = rated.deal_id and events.owner_id = rated.owner_id and events.won_on = rated.won_on
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
