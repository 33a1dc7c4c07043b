-- One row per variant of a product. A subscription is what the mapping calls one.
with products as (select * from {{ source('raw', 'odoo_product') }}),

templates as (select * from {{ source('raw', 'odoo_product_template') }}),

categories as (select * from {{ source('raw', 'odoo_product_category') }}),

units as (select * from {{ source('raw', 'odoo_unit') }}),

companies as (select * from {{ source('raw', 'odoo_company') }}),

currencies as (select * from {{ source('raw', 'odoo_currency') }})

select
    products.id as item_id,
    templates.name,
    {{ odoo_item_type('templates') }} as item_type,
    categories.name as category,
    units.name as unit_of_measure,
    products.standard_cost_local,
    templates.list_price_doc,
    coalesce(templates.currency, currencies.code) as currency,
    products.is_active,
    {{ odoo_lineage('products') }}
from products
inner join templates on products.product_template_id = templates.id
left join categories on templates.category_id = categories.id
left join units on templates.unit_id = units.id
left join companies on templates.company_id = companies.id
left join currencies on companies.currency_id = currencies.id
