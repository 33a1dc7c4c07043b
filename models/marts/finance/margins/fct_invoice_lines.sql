-- One row per line of a sales invoice or credit note, up to the as-of day; a credit note's amounts are negative, in the
-- month of the credit. Intercompany lines are kept and flagged. Leaves out held lines (fct_held_rows).
with invoice_lines as (select * from {{ ref('int_invoice_lines') }}),

credit_note_lines as (select * from {{ ref('int_credit_note_lines') }}),

invoices as (select * from {{ ref('int_invoices') }}),

customers as (select * from {{ ref('dim_customers') }}),

items as (select * from {{ ref('int_items') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

run_context as (select * from {{ ref('int_run_context') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

lines_of_documents as (
    select
        'invoice' as document_type,
        invoice_line_id,
        invoice_id as document_id,
        entity_id,
        customer_id,
        item_id,
        order_line_id,
        line_type,
        account_code,
        department_code,
        cost_centre_code,
        channel,
        project_id,
        invoiced_on,
        currency,
        quantity,
        list_price_doc,
        unit_price_doc,
        net_doc,
        net_local,
        cost_local,
        case
            when list_price_doc is not null
                then {{ money(extended('quantity', 'list_price_doc') ~ ' - net_doc') }}
        end as discount_doc,
        rate_to_local,
        source_system,
        source_id
    from invoice_lines
    union all
    select
        'credit_note' as document_type,
        credit_note_lines.credit_note_line_id as invoice_line_id,
        credit_note_lines.credit_note_id as document_id,
        credit_note_lines.entity_id,
        credit_note_lines.customer_id,
        credit_note_lines.item_id,
        null as order_line_id,
        credit_note_lines.line_type,
        credit_note_lines.account_code,
        credit_note_lines.department_code,
        credit_note_lines.cost_centre_code,
        invoices.channel,
        credit_note_lines.project_id,
        credit_note_lines.credited_on as invoiced_on,
        credit_note_lines.currency,
        -credit_note_lines.quantity as quantity,
        null as list_price_doc,
        null as unit_price_doc,
        {{ line_amount('-credit_note_lines.net_doc') }} as net_doc,
        {{ line_amount('-credit_note_lines.net_local') }} as net_local,
        -credit_note_lines.cost_local as cost_local,
        null as discount_doc,
        credit_note_lines.rate_to_local,
        credit_note_lines.source_system,
        credit_note_lines.source_id
    from credit_note_lines
    left join invoices on credit_note_lines.invoice_id = invoices.invoice_id
),

localised as (
    select
        *,
        {{ converted('discount_doc', 'rate_to_local') }} as discount_local
    from lines_of_documents
),

reported as (
    select
        localised.*,
        case
            when entities.is_reporting_currency then localised.net_local
            else {{ line_amount(converted(money('localised.net_local'), 'reporting_rates.rate')) }}
        end as net_rpt,
        {{ in_reporting_currency('localised.cost_local') }} as cost_rpt,
        {{ in_reporting_currency('localised.discount_local') }} as discount_rpt
    from localised
    cross join run_context
    inner join entities on localised.entity_id = entities.entity_id
    left join reporting_rates
        on
            entities.currency = reporting_rates.currency
            and localised.invoiced_on = reporting_rates.rate_on
    where localised.invoiced_on <= run_context.as_of
)

select
    reported.invoice_line_id,
    reported.document_id,
    reported.document_type,
    reported.entity_id,
    reported.customer_id,
    reported.item_id,
    coalesce(items.item_type, reported.line_type) as item_type,
    items.category,
    reported.order_line_id,
    reported.account_code,
    reported.department_code,
    reported.cost_centre_code,
    customers.region,
    reported.channel,
    reported.project_id,
    reported.invoiced_on,
    {{ month_of('reported.invoiced_on') }} as month_on,
    reported.currency,
    reported.quantity,
    reported.list_price_doc,
    reported.unit_price_doc,
    reported.net_doc,
    reported.net_local,
    reported.net_rpt,
    reported.cost_local,
    reported.cost_rpt,
    {{ line_amount('reported.net_rpt - reported.cost_rpt') }} as margin_rpt,
    reported.discount_rpt,
    reported.cost_local is not null as is_cost_known,
    coalesce(customers.is_intercompany, false) as is_intercompany,
    reported.source_system,
    reported.source_id
from reported
left join items on reported.item_id = items.item_id
left join customers on reported.customer_id = customers.customer_id
where
    reported.net_rpt is not null
    and (reported.cost_local is null or reported.cost_rpt is not null)
