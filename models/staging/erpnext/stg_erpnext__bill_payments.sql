-- One row per submitted payment to a supplier, in the currency of the supplier's account; money got back is negative. Leaves out drafts,
-- cancelled ones and transfers between own accounts.
select
    id as bill_payment_id,
    company as entity_id,
    party_id as vendor_id,
    paid_on,
    case when payment_type = 'Receive' then paid_currency else received_currency end as currency,
    case when payment_type = 'Receive' then -paid_amount else received_amount end as amount_doc,
    case when payment_type = 'Receive' then -paid_local else received_local end as amount_local,
    case when payment_type = 'Receive' then paid_rate else received_rate end as exchange_rate,
    bank_account_id,
    {{ lineage() }}
from {{ source('raw', 'erpnext_payment_entry') }}
where docstatus = 1 and party_type = 'Supplier'
