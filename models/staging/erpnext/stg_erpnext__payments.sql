-- One row per submitted payment of a customer, in the currency of the customer's account; money paid back is negative. Leaves out drafts,
-- cancelled ones and transfers between own accounts.
select
    id as payment_id,
    company as entity_id,
    party_id as customer_id,
    paid_on,
    case when payment_type = 'Pay' then received_currency else paid_currency end as currency,
    case when payment_type = 'Pay' then -received_amount else paid_amount end as amount_doc,
    case when payment_type = 'Pay' then -received_local else paid_local end as amount_local,
    case when payment_type = 'Pay' then received_rate else paid_rate end as exchange_rate,
    bank_account_id,
    {{ lineage() }}
from {{ source('raw', 'erpnext_payment_entry') }}
where docstatus = 1 and party_type = 'Customer'
