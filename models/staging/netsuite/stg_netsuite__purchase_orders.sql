-- One row per purchase order. Leaves out orders that wait for approval (A) or were refused it (C), and voided ones.
with transactions as (select * from {{ source('raw', 'netsuite_transaction') }}),

lines as (select * from {{ ref('base_netsuite__lines') }}),

currencies as (select * from {{ source('raw', 'netsuite_currency') }}),

main_lines as (select * from lines where is_main)

select
    transactions.id as purchase_order_id,
    main_lines.entity_id,
    transactions.party_id as vendor_id,
    transactions.dated_on as ordered_on,
    coalesce(transactions.promised_on, transactions.due_on) as promised_on,
    coalesce(currencies.code, main_lines.local_currency) as currency,
    case when right(transactions.status, 1) in ('G', 'H') then 'closed' else 'open' end as status,
    transactions.source_system,
    transactions.source_id,
    transactions.batch_id,
    transactions.batch_row,
    transactions.loaded_at
from transactions
inner join main_lines on transactions.id = main_lines.transaction_id
left join currencies on transactions.currency_id = currencies.id
where
    transactions.transaction_type = 'PurchOrd'
    and not transactions.is_voided
    and coalesce(right(transactions.status, 1), '') not in ('A', 'C', 'V')
