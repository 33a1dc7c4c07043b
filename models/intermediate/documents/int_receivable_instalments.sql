-- One row per instalment of an invoice; an invoice without instalments has one, due on its due date, else after the
-- customer's terms, else at once. Local amounts are shared out so that they add up to the invoice.
-- due_before_local is what falls due before the instalment: payments settle the oldest instalment first.
{{ config(materialized='table') }}

with invoices as (select * from {{ ref('int_invoices') }} where gross_local is not null),

instalments as (select * from {{ ref('int_instalments') }}),

customers as (select * from {{ ref('int_customers') }}),

run_context as (select * from {{ ref('int_run_context') }}),

ordered_instalments as (
    select
        instalment_id,
        invoice_id,
        due_on,
        gross_doc,
        row_number() over (partition by invoice_id order by due_on, instalment_id) as instalment_no,
        count(*) over (partition by invoice_id) as instalments_count,
        sum(gross_doc) over (
            partition by invoice_id order by due_on, instalment_id rows between unbounded preceding and current row
        ) as due_so_far_doc
    from instalments
),

planned as (
    select
        invoices.invoice_id,
        invoices.entity_id,
        invoices.customer_id,
        invoices.invoiced_on,
        invoices.currency,
        -- A run as of a past day must not know of a dispute, or of its end, that came later.
        case when invoices.disputed_on <= run_context.as_of then invoices.disputed_on end as disputed_on,
        case
            when invoices.disputed_on <= run_context.as_of and invoices.dispute_ended_on <= run_context.as_of
                then invoices.dispute_ended_on
        end as dispute_ended_on,
        invoices.gross_local as invoice_gross_local,
        invoices.source_system,
        invoices.source_id,
        ordered_instalments.instalment_id,
        coalesce(ordered_instalments.instalment_no, 1) as instalment_no,
        coalesce(ordered_instalments.instalments_count, 1) as instalments_count,
        coalesce(
            ordered_instalments.due_on,
            invoices.due_on,
            cast({{ dbt.dateadd('day', 'coalesce(customers.payment_terms_days, 0)', 'invoices.invoiced_on') }} as date)
        ) as due_on,
        coalesce(ordered_instalments.gross_doc, invoices.gross_doc) as gross_doc,
        case
            when coalesce(ordered_instalments.instalment_no, 1) = coalesce(ordered_instalments.instalments_count, 1)
                then invoices.gross_local
            else {{ money(
                'cast(ordered_instalments.due_so_far_doc as double) * cast(invoices.gross_local as double)'
                ~ ' / nullif(cast(invoices.gross_doc as double), 0)'
            ) }}
        end as due_so_far_local
    from invoices
    cross join run_context
    left join ordered_instalments on invoices.invoice_id = ordered_instalments.invoice_id
    left join customers on invoices.customer_id = customers.customer_id
    where invoices.invoiced_on <= run_context.as_of
)

select
    planned.invoice_id,
    planned.instalment_id,
    planned.entity_id,
    planned.customer_id,
    planned.invoiced_on,
    planned.currency,
    cast(planned.instalment_no as integer) as instalment_no,
    cast(planned.instalments_count as integer) as instalments_count,
    planned.due_on,
    planned.gross_doc,
    coalesce(earlier.due_so_far_local, cast(0 as decimal(18, 2))) as due_before_local,
    {{ money('planned.due_so_far_local - coalesce(earlier.due_so_far_local, 0)') }} as gross_local,
    planned.invoice_gross_local,
    planned.disputed_on,
    planned.dispute_ended_on,
    planned.source_system,
    planned.source_id
from planned
left join planned as earlier
    on
        planned.invoice_id = earlier.invoice_id
        and planned.instalment_no = earlier.instalment_no + 1
        and earlier.instalments_count > 1
