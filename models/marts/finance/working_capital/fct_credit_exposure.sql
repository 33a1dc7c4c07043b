-- One row per entity and customer with an open item, an open order or a credit limit, as of the as-of day: what would be
-- lost if the customer stopped paying, against the limit granted. Exposure = open invoices less cash and credits not yet
-- applied + delivered and not invoiced + ordered and not delivered. Orders are without tax, as they are not yet invoiced.
-- A limit belongs to the customer's own entity; rows of other entities have none. Group companies are left out.
with receivable_items as (select * from {{ ref('fct_receivable_items') }} where open_local <> 0),

-- A line is closed once it is delivered, which is when it has yet to be invoiced.
order_lines as (select * from {{ ref('fct_order_lines') }} where status = 'open' or delivered_not_invoiced_doc <> 0),

customers as (select * from {{ ref('int_customers') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

rates_to_local as (select * from {{ ref('int_exchange_rates_daily') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

run_context as (select * from {{ ref('int_run_context') }}),

orders as (
    select
        order_lines.entity_id,
        order_lines.customer_id,
        order_lines.currency,
        sum(order_lines.delivered_not_invoiced_doc) as delivered_not_invoiced_doc,
        sum(
            case when order_lines.status = 'open' then order_lines.backlog_doc - order_lines.delivered_not_invoiced_doc else 0 end
        ) as on_order_doc
    from order_lines
    group by order_lines.entity_id, order_lines.customer_id, order_lines.currency
),

orders_local as (
    select
        orders.entity_id,
        orders.customer_id,
        case
            when orders.currency = entities.currency then orders.delivered_not_invoiced_doc
            else {{ converted(money('orders.delivered_not_invoiced_doc'), 'rates_to_local.rate') }}
        end as delivered_not_invoiced_local,
        case
            when orders.currency = entities.currency then orders.on_order_doc
            else {{ converted(money('orders.on_order_doc'), 'rates_to_local.rate') }}
        end as on_order_local,
        orders.currency <> entities.currency and rates_to_local.rate is null as is_without_rate
    from orders
    inner join entities on orders.entity_id = entities.entity_id
    cross join run_context
    left join rates_to_local
        on
            orders.currency = rates_to_local.from_currency
            and entities.currency = rates_to_local.to_currency
            and run_context.as_of = rates_to_local.rate_on
),

every_amount as (
    select
        entity_id,
        customer_id,
        case when document_type = 'invoice' then open_local else 0 end as open_local,
        case when document_type <> 'invoice' then open_local else 0 end as unapplied_local,
        case when days_overdue > 0 then open_local else 0 end as overdue_local,
        days_overdue,
        0 as delivered_not_invoiced_local,
        0 as on_order_local,
        false as is_without_rate
    from receivable_items
    union all
    select
        entity_id, customer_id, 0 as open_local, 0 as unapplied_local, 0 as overdue_local, null as days_overdue,
        delivered_not_invoiced_local, on_order_local, is_without_rate
    from orders_local
    union all
    select
        entity_id, customer_id, 0 as open_local, 0 as unapplied_local, 0 as overdue_local, null as days_overdue,
        0 as delivered_not_invoiced_local, 0 as on_order_local, false as is_without_rate
    from customers
    where credit_limit_local is not null and entity_id is not null
),

exposures as (
    select
        entity_id,
        customer_id,
        sum(open_local) as open_local,
        sum(unapplied_local) as unapplied_local,
        sum(overdue_local) as overdue_local,
        max(days_overdue) as oldest_days_overdue,
        sum(delivered_not_invoiced_local) as delivered_not_invoiced_local,
        sum(on_order_local) as on_order_local,
        not bool_or(is_without_rate) as is_complete
    from every_amount
    group by entity_id, customer_id
),

limited as (
    select
        exposures.entity_id,
        exposures.customer_id,
        entities.currency,
        {{ money('exposures.open_local') }} as open_local,
        {{ money('exposures.unapplied_local') }} as unapplied_local,
        {{ money('coalesce(exposures.delivered_not_invoiced_local, 0)') }} as delivered_not_invoiced_local,
        {{ money('coalesce(exposures.on_order_local, 0)') }} as on_order_local,
        {{ money(
            'exposures.open_local + exposures.unapplied_local + coalesce(exposures.delivered_not_invoiced_local, 0)'
            ~ ' + coalesce(exposures.on_order_local, 0)'
        ) }} as exposure_local,
        {{ money('exposures.overdue_local') }} as overdue_local,
        exposures.oldest_days_overdue,
        exposures.is_complete,
        case when coalesce(customers.entity_id, exposures.entity_id) = exposures.entity_id then customers.credit_limit_local end
            as credit_limit_local,
        run_context.as_of
    from exposures
    inner join entities on exposures.entity_id = entities.entity_id
    cross join run_context
    left join customers on exposures.customer_id = customers.customer_id
    where customers.intercompany_entity_id is null
)

select
    limited.entity_id,
    limited.customer_id,
    limited.currency,
    limited.open_local,
    limited.unapplied_local,
    limited.delivered_not_invoiced_local,
    limited.on_order_local,
    limited.exposure_local,
    case
        when entities.is_reporting_currency then limited.exposure_local
        else {{ converted('limited.exposure_local', 'reporting_rates.rate') }}
    end as exposure_rpt,
    limited.overdue_local,
    limited.oldest_days_overdue,
    limited.credit_limit_local,
    {{ money('limited.credit_limit_local - limited.exposure_local') }} as headroom_local,
    {{ ratio('limited.exposure_local', 'limited.credit_limit_local') }} as utilisation_ratio,
    limited.exposure_local > limited.credit_limit_local as is_over_limit,
    limited.is_complete
from limited
inner join entities on limited.entity_id = entities.entity_id
left join reporting_rates
    on
        entities.currency = reporting_rates.currency
        and limited.as_of = reporting_rates.rate_on
