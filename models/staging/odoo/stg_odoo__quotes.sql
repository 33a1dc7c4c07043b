-- One row per quotation made for an opportunity. Confirmed is accepted, cancelled is rejected.
with quotes as (select * from {{ source('raw', 'odoo_sale_order') }}),

currencies as (select * from {{ source('raw', 'odoo_currency') }})

select
    quotes.id as quote_id,
    quotes.deal_id,
    cast(null as varchar) as deal_ref,
    quotes.version,
    case
        when quotes.state in ('sale', 'done') then 'accepted'
        when quotes.state = 'cancel' then 'rejected'
        when quotes.state = 'sent' then 'sent'
        else 'draft'
    end as status,
    cast(quotes.ordered_at as date) as quoted_on,
    quotes.valid_until_on,
    quotes.net_doc as amount_doc,
    currencies.code as currency,
    {{ odoo_lineage('quotes') }}
from quotes
left join currencies on quotes.currency_id = currencies.id
where quotes.deal_id is not null and quotes.ordered_at is not null and quotes.net_doc is not null
