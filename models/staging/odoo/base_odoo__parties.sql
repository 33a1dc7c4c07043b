-- One row per partner that stands for itself: a company, or a person without one. Addresses and contacts belong to another. It is a
-- customer or vendor once Odoo ranks it as one, or a document names it.
with partners as (select * from {{ source('raw', 'odoo_partner') }}),

moves as (select * from {{ source('raw', 'odoo_move') }}),

payments as (select * from {{ source('raw', 'odoo_payment') }}),

sale_orders as (select * from {{ source('raw', 'odoo_sale_order') }}),

purchase_orders as (select * from {{ source('raw', 'odoo_purchase_order') }}),

used as (
    select
        commercial_partner_id as partner_id,
        case when move_type like 'out_%' then 'customer' else 'supplier' end as party_type
    from moves
    where move_type <> 'entry'
    union
    select
        partner_id,
        partner_type as party_type
    from payments
    union
    select
        partner_id,
        'customer' as party_type
    from sale_orders
    where state in ('sale', 'done')
    union
    select
        partner_id,
        'supplier' as party_type
    from purchase_orders
    where state in ('purchase', 'done')
),

parties as (
    select
        coalesce(partners.commercial_partner_id, used.partner_id) as partner_id,
        bool_or(used.party_type = 'customer') as is_customer,
        bool_or(used.party_type = 'supplier') as is_vendor
    from used
    inner join partners on used.partner_id = partners.id
    group by coalesce(partners.commercial_partner_id, used.partner_id)
)

select
    partners.*,
    coalesce(partners.customer_rank, 0) > 0 or coalesce(parties.is_customer, false) as is_customer,
    coalesce(partners.supplier_rank, 0) > 0 or coalesce(parties.is_vendor, false) as is_vendor
from partners
left join parties on partners.id = parties.partner_id
where coalesce(partners.commercial_partner_id, partners.id) = partners.id
