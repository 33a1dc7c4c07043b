-- One row per sales order that is not invoiced yet, layer and day on which an invoice of it is expected, with its amount before tax.
-- What was delivered is invoiced the usual days after the goods (the mean of the last year's orders), tomorrow at the earliest; what is
-- ordered so many days after the promise, a week from the as-of day where that has passed. An item of which a line got one and a half
-- invoices or more on average (lines that ended, three years) is billed month by month. If most of it came before the promise (hours,
-- milestones): in equal parts from the last invoice, else the order, up to it. Else (plans) from the promise on: as many parts as lines
-- of the item got, after the first invoice as many as its invoices so far go into what is left. Parts are of whole cents and add up.
with order_lines as (select * from {{ ref('fct_order_lines') }} where status <> 'cancelled'),

run_context as (select * from {{ ref('int_run_context') }}),

invoice_lines as (
    select invoice_lines.*
    from {{ ref('int_invoice_lines') }} as invoice_lines
    inner join run_context on invoice_lines.invoiced_on <= run_context.as_of
),

months as (
    select cast(generated_number as integer) - 1 as month_no
    from ({{ dbt.generate_series(36) }}) as numbers
),

invoiced as (
    select
        order_lines.order_line_id,
        count(distinct invoice_lines.invoice_id) as invoices_count,
        min(invoice_lines.invoiced_on) as first_invoiced_on,
        max(invoice_lines.invoiced_on) as last_invoiced_on,
        sum(case when invoice_lines.invoiced_on < order_lines.promised_on then invoice_lines.net_doc else 0 end)
            as before_promise_doc
    from order_lines
    inner join invoice_lines on order_lines.order_line_id = invoice_lines.order_line_id
    group by order_lines.order_line_id
),

item_habits as (
    select
        order_lines.item_id,
        order_lines.is_intercompany,
        avg(cast(invoiced.invoices_count as double)) as invoices_count,
        {{ ratio('sum(invoiced.before_promise_doc)', 'sum(order_lines.invoiced_doc)') }} as before_promise_ratio
    from order_lines
    cross join run_context
    inner join invoiced on order_lines.order_line_id = invoiced.order_line_id
    where
        order_lines.backlog_doc <= 0
        and order_lines.ordered_on > cast({{ dbt.dateadd('day', -1096, 'run_context.as_of') }} as date)
    group by order_lines.item_id, order_lines.is_intercompany
),

invoice_lag as (
    select
        cast(coalesce(avg(
            greatest({{ dbt.datediff('order_lines.first_delivered_on', 'invoiced.first_invoiced_on', 'day') }}, 0)
        ), 7) as integer) as lag_days
    from order_lines
    cross join run_context
    inner join invoiced on order_lines.order_line_id = invoiced.order_line_id
    where
        order_lines.first_delivered_on is not null
        and invoiced.first_invoiced_on > cast({{ dbt.dateadd('day', -365, 'run_context.as_of') }} as date)
),

open_lines as (
    select
        order_lines.order_id,
        order_lines.order_line_id,
        order_lines.ordered_on,
        order_lines.last_delivered_on,
        least(order_lines.delivered_not_invoiced_doc, order_lines.backlog_doc) as delivered_doc,
        order_lines.backlog_doc - least(order_lines.delivered_not_invoiced_doc, order_lines.backlog_doc) as ordered_doc,
        order_lines.invoiced_doc,
        order_lines.current_promised_on > run_context.as_of as is_promise_ahead,
        case
            when order_lines.current_promised_on > run_context.as_of then order_lines.current_promised_on
            else cast({{ dbt.dateadd('day', 7, 'run_context.as_of') }} as date)
        end as promised_on,
        coalesce(invoiced.invoices_count, 0) as invoices_count,
        invoiced.last_invoiced_on,
        greatest(
            coalesce(invoiced.last_invoiced_on, order_lines.ordered_on),
            cast({{ dbt.dateadd('month', -1, 'run_context.as_of') }} as date)
        ) as billed_until_on,
        coalesce(item_habits.invoices_count, invoiced.invoices_count, 1) as usual_count,
        coalesce(item_habits.before_promise_ratio, 0) > 0.5 as is_billed_before_promise,
        invoice_lag.lag_days,
        run_context.as_of
    from order_lines
    cross join run_context
    cross join invoice_lag
    left join invoiced on order_lines.order_line_id = invoiced.order_line_id
    left join item_habits
        on
            order_lines.item_id = item_habits.item_id
            and order_lines.is_intercompany = item_habits.is_intercompany
    where order_lines.backlog_doc > 0
),

planned_lines as (
    select
        *,
        case
            when usual_count < 1.5 then 1
            when is_billed_before_promise and is_promise_ahead
                then ceil({{ dbt.datediff('billed_until_on', 'promised_on', 'day') }} / 30.4375)
            when invoices_count > 0 and invoiced_doc > 0
                then round(cast(ordered_doc as double) * invoices_count / cast(invoiced_doc as double))
            else round(usual_count)
        end as parts_count,
        case
            when usual_count < 1.5 then cast({{ dbt.dateadd('day', 'lag_days', 'promised_on') }} as date)
            when is_billed_before_promise and is_promise_ahead
                then cast({{ dbt.dateadd('month', 1, 'billed_until_on') }} as date)
            when invoices_count > 0 and cast({{ dbt.dateadd('month', 1, 'last_invoiced_on') }} as date) > as_of
                then cast({{ dbt.dateadd('month', 1, 'last_invoiced_on') }} as date)
            else promised_on
        end as first_on
    from open_lines
),

counted_lines as (
    select
        *,
        cast(least(greatest(parts_count, 1), 36) as integer) as months_count
    from planned_lines
),

parts as (
    select
        order_id,
        'delivered' as layer,
        greatest(
            cast({{ dbt.dateadd('day', 'lag_days', 'last_delivered_on') }} as date),
            cast({{ dbt.dateadd('day', 1, 'as_of') }} as date)
        ) as invoiced_on,
        delivered_doc as net_doc
    from counted_lines
    union all
    select
        counted_lines.order_id,
        'ordered' as layer,
        greatest(
            cast({{ dbt.dateadd('month', 'months.month_no', 'counted_lines.first_on') }} as date),
            cast({{ dbt.dateadd('day', 1, 'counted_lines.as_of') }} as date)
        ) as invoiced_on,
        {{ money('counted_lines.ordered_doc * (months.month_no + 1) / counted_lines.months_count') }}
        - {{ money('counted_lines.ordered_doc * months.month_no / counted_lines.months_count') }} as net_doc
    from counted_lines
    inner join months on counted_lines.months_count > months.month_no
),

final as (
    select
        order_id,
        layer,
        invoiced_on,
        {{ money('sum(net_doc)') }} as net_doc
    from parts
    group by order_id, layer, invoiced_on
)

select * from final
where net_doc > 0
