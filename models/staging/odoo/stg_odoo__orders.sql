-- One row per sales order. Leaves out quotations that nobody confirmed.
with orders as (select * from {{ source('raw', 'odoo_sale_order') }}),

order_lines as (select * from {{ source('raw', 'odoo_sale_order_line') }}),

companies as (select * from {{ source('raw', 'odoo_company') }}),

currencies as (select * from {{ source('raw', 'odoo_currency') }}),

partners as (select * from {{ source('raw', 'odoo_partner') }}),

freight as (
    select
        order_id,
        sum(net_doc) as freight_doc
    from order_lines
    where is_freight
    group by order_id
)

select
    orders.id as order_id,
    companies.entity_id,
    coalesce(partners.commercial_partner_id, orders.partner_id) as customer_id,
    coalesce(orders.deal_ref, {{ odoo_bare_id('orders.deal_id', 'orders') }}) as deal_ref,
    orders.channel,
    cast(orders.ordered_at as date) as ordered_on,
    cast(orders.promised_at as date) as promised_on,
    case
        when orders.state = 'cancel' then 'cancelled'
        when orders.invoice_state = 'invoiced' then 'closed'
        else 'open'
    end as status,
    currencies.code as currency,
    {{ money('coalesce(freight.freight_doc, 0)') }} as freight_doc,
    orders.updated_at,
    {{ odoo_lineage('orders') }}
from orders
inner join companies on orders.company_id = companies.id
left join currencies on orders.currency_id = currencies.id
left join partners on orders.partner_id = partners.id
left join freight on orders.id = freight.order_id
where orders.state in ('sale', 'done', 'cancel')
