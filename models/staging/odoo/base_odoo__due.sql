-- One row per document with the early-payment discount that its term offers.
with moves as (select * from {{ ref('base_odoo__moves') }}),

terms as (select * from {{ source('raw', 'odoo_payment_term') }})

select
    moves.id,
    case when terms.has_discount then cast(moves.invoiced_on + terms.discount_days as date) end as discount_due_on,
    case when terms.has_discount then cast(terms.discount_percent / 100 as decimal(9, 6)) end as cash_discount_ratio
from moves
left join terms on moves.payment_term_id = terms.id
