-- One row per purchase order. Leaves out requests for quotation.
with orders as (select * from {{ source('raw', 'odoo_purchase_order') }}),

companies as (select * from {{ source('raw', 'odoo_company') }}),

currencies as (select * from {{ source('raw', 'odoo_currency') }}),

partners as (select * from {{ source('raw', 'odoo_partner') }})

select
    orders.id as purchase_order_id,
    companies.entity_id,
    coalesce(partners.commercial_partner_id, orders.partner_id) as vendor_id,
    cast(coalesce(orders.approved_at, orders.ordered_at) as date) as ordered_on,
    cast(orders.promised_at as date) as promised_on,
    currencies.code as currency,
    case
        when orders.state = 'cancel' then 'cancelled'
        when orders.invoice_state = 'invoiced' then 'closed'
        else 'open'
    end as status,
    {{ odoo_lineage('orders') }}
from orders
inner join companies on orders.company_id = companies.id
left join currencies on orders.currency_id = currencies.id
left join partners on orders.partner_id = partners.id
where orders.state in ('purchase', 'done', 'cancel')
