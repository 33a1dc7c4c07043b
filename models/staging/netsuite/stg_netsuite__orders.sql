-- One row per sales order. Leaves out orders that still wait for approval (A) and voided ones.
with transactions as (select * from {{ source('raw', 'netsuite_transaction') }}),

lines as (select * from {{ ref('base_netsuite__lines') }}),

currencies as (select * from {{ source('raw', 'netsuite_currency') }}),

totals as (
    select
        transaction_id,
        max(case when is_main then entity_id end) as entity_id,
        max(case when is_main then local_currency end) as local_currency,
        -sum(case when line_type = 'freight' or item_kind = 'ShipItem' then amount_doc else 0 end) as freight_doc
    from lines
    group by transaction_id
)

select
    transactions.id as order_id,
    totals.entity_id,
    transactions.party_id as customer_id,
    transactions.deal_ref,
    transactions.channel,
    transactions.dated_on as ordered_on,
    transactions.promised_on,
    case right(transactions.status, 1) when 'C' then 'cancelled' when 'G' then 'closed' when 'H' then 'closed' else 'open' end as status,
    coalesce(currencies.code, totals.local_currency) as currency,
    {{ money('totals.freight_doc') }} as freight_doc,
    transactions.updated_at,
    transactions.source_system,
    transactions.source_id,
    transactions.batch_id,
    transactions.batch_row,
    transactions.loaded_at
from transactions
inner join totals on transactions.id = totals.transaction_id
left join currencies on transactions.currency_id = currencies.id
where
    transactions.transaction_type = 'SalesOrd'
    and not transactions.is_voided
    and coalesce(right(transactions.status, 1), '') not in ('A', 'V')
