-- One row per invoice that is to be expected of an order or open deal: what it comes to, when it is issued, and when that falls due; and
-- per purchase order that is not billed yet (int_purchase_promises). Layers delivered and ordered: the parts of int_order_billing. Layer
-- pipeline: on the expected close, later by what such deals slipped, and by what it took from winning a deal to its first invoice. Tax is
-- added as the customer's, else the entity's, invoices of the last year carried it. A deal that an order names is the order's, not the
-- pipeline's.
{{ config(materialized='table') }}

with order_billing as (select * from {{ ref('int_order_billing') }}),

deals as (select * from {{ ref('fct_deals') }}),

run_context as (select * from {{ ref('int_run_context') }}),

-- A run as of a past day must not know the orders and invoices that came later.
orders as (
    select orders.*
    from {{ ref('int_orders') }} as orders
    inner join run_context on orders.ordered_on <= run_context.as_of
),

invoices as (
    select invoices.*
    from {{ ref('int_invoices') }} as invoices
    inner join run_context on invoices.invoiced_on <= run_context.as_of
),

chances as (select * from {{ ref('int_deal_chances') }}),

purchase_promises as (select * from {{ ref('int_purchase_promises') }}),

customers as (select * from {{ ref('dim_customers') }}),

accounts as (select * from {{ ref('int_payment_accounts') }} where direction = 'in'),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

recent_invoices as (
    select
        invoices.entity_id,
        invoices.customer_id,
        sum(invoices.gross_local) as gross_local,
        sum(invoices.net_local) as net_local
    from invoices
    cross join run_context
    where invoices.invoiced_on > cast({{ dbt.dateadd('day', -365, 'run_context.as_of') }} as date)
    group by invoices.entity_id, invoices.customer_id
),

customer_tax as (
    select
        entity_id,
        customer_id,
        {{ ratio('sum(gross_local)', 'sum(net_local)') }} as gross_ratio
    from recent_invoices
    group by entity_id, customer_id
    having sum(net_local) > 0
),

entity_tax as (
    select
        entity_id,
        {{ ratio('sum(gross_local)', 'sum(net_local)') }} as gross_ratio
    from recent_invoices
    group by entity_id
    having sum(net_local) > 0
),

deal_customers as (
    select
        party_id,
        entity_id,
        min(customer_id) as customer_id
    from customers
    where party_id is not null and not is_intercompany
    group by party_id, entity_id
),

first_invoices as (
    select
        orders.deal_ref,
        min(invoices.invoiced_on) as invoiced_on
    from orders
    inner join invoices on orders.order_id = invoices.order_id
    where orders.deal_ref is not null
    group by orders.deal_ref
),

billing_lag as (
    select
        cast(coalesce(
            avg(greatest({{ dbt.datediff('deals.closed_on', 'first_invoices.invoiced_on', 'day') }}, 0)), 30
        ) as integer) as lag_days
    from deals
    inner join first_invoices on deals.source_id = first_invoices.deal_ref
    where deals.is_won
),

promises as (
    select
        order_billing.layer,
        'order' as document_type,
        order_billing.order_id as document_id,
        row_number() over (partition by order_billing.layer, order_billing.order_id order by order_billing.invoiced_on)
            as part_no,
        orders.entity_id,
        orders.customer_id,
        orders.currency,
        order_billing.net_doc,
        cast(1 as double) as chance_ratio,
        order_billing.invoiced_on as issued_on
    from order_billing
    inner join orders on order_billing.order_id = orders.order_id
    union all
    select
        'pipeline' as layer,
        'deal' as document_type,
        deals.deal_id as document_id,
        1 as part_no,
        deals.entity_id,
        deal_customers.customer_id,
        deals.currency,
        deals.amount_doc as net_doc,
        coalesce(chances.won_ratio, every_stage.won_ratio, deals.probability_ratio, 0) as chance_ratio,
        cast({{ dbt.dateadd(
            'day',
            'coalesce(chances.slip_days, every_stage.slip_days, 0) + billing_lag.lag_days',
            'greatest(coalesce(deals.expected_close_on, run_context.as_of), run_context.as_of)'
        ) }} as date) as issued_on
    from deals
    cross join run_context
    cross join billing_lag
    left join orders on deals.source_id = orders.deal_ref
    left join chances on deals.pipeline = chances.pipeline and deals.stage = chances.stage
    left join chances as every_stage on every_stage.pipeline = '' and every_stage.stage = ''
    left join deal_customers
        on
            deals.party_id = deal_customers.party_id
            and deals.entity_id = deal_customers.entity_id
    where deals.is_open and deals.amount_doc > 0 and orders.order_id is null and deals.entity_id is not null
),

grossed as (
    select
        promises.*,
        customers.segment,
        coalesce(customers.payment_terms_days, 30) as terms_days,
        coalesce(own_accounts.bank_account_id, entity_accounts.bank_account_id) as bank_account_id,
        {{ money(
            'cast(promises.net_doc as double) * coalesce(customer_tax.gross_ratio, entity_tax.gross_ratio, 1)'
        ) }} as amount_doc
    from promises
    left join customers on promises.customer_id = customers.customer_id
    left join customer_tax
        on promises.entity_id = customer_tax.entity_id and promises.customer_id = customer_tax.customer_id
    left join entity_tax on promises.entity_id = entity_tax.entity_id
    left join accounts as own_accounts
        on promises.entity_id = own_accounts.entity_id and promises.customer_id = own_accounts.counterparty_id
    left join accounts as entity_accounts
        on promises.entity_id = entity_accounts.entity_id and entity_accounts.counterparty_id = ''
),

final as (
    select
        grossed.layer,
        grossed.entity_id,
        grossed.document_type,
        grossed.document_id,
        cast(grossed.part_no as integer) as part_no,
        grossed.customer_id as counterparty_id,
        coalesce(grossed.segment, '') as segment,
        grossed.currency,
        grossed.bank_account_id,
        grossed.issued_on,
        cast({{ dbt.dateadd('day', 'grossed.terms_days', 'grossed.issued_on') }} as date) as due_on,
        grossed.chance_ratio,
        grossed.amount_doc,
        case
            when grossed.currency = run_context.reporting_currency then grossed.amount_doc
            else {{ converted('grossed.amount_doc', 'reporting_rates.rate') }}
        end as amount_rpt
    from grossed
    cross join run_context
    left join reporting_rates
        on
            grossed.currency = reporting_rates.currency
            and run_context.as_of = reporting_rates.rate_on
)

select * from final
where amount_rpt is not null
union all
select * from purchase_promises
