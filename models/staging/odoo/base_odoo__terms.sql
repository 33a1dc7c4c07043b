-- One row per payment term with the days until its last instalment.
select
    payment_term_id,
    max(days) as payment_terms_days
from {{ source('raw', 'odoo_payment_term_line') }}
group by payment_term_id
