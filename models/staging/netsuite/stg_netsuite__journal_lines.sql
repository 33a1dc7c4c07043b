-- One row per posted line of the ledger: every transaction that posts is a journal. Voided ones too: voided in place they have no
-- amounts, and a reversing journal stands against the others.
with postings as (select * from {{ ref('base_netsuite__postings') }}),

lines as (select * from {{ ref('base_netsuite__lines') }}),

transactions as (select * from {{ source('raw', 'netsuite_transaction') }}),

documents as (select * from {{ ref('base_netsuite__documents') }}),

currencies as (select * from {{ source('raw', 'netsuite_currency') }}),

customers as (select * from {{ ref('stg_netsuite__customers') }}),

vendors as (select * from {{ ref('stg_netsuite__vendors') }}),

eliminations as (
    select lines.transaction_id || '-' || lines.line_id as journal_line_id
    from {{ source('raw', 'netsuite_transactionline') }} as lines
    inner join {{ source('raw', 'netsuite_subsidiary') }} as subsidiaries on lines.subsidiary_id = subsidiaries.id
    where subsidiaries.is_elimination
),

-- A journal that reverses a document is that kind of document: an invoice is credited by it.
reversals as (
    select
        document_id,
        min(case when transaction_type in ('CustInvc', 'CashSale') then 'CustCred' else transaction_type end) as transaction_type
    from documents
    where sign = -1
    group by document_id
),

headers as (
    select
        transaction_id,
        min(entity_id) as entity_id
    from lines
    group by transaction_id
),

joined as (
    select
        postings.*,
        transactions.dated_on,
        transactions.memo as transaction_memo,
        transactions.document_type,
        transactions.intercompany_entity_id as transaction_partner_id,
        transactions.updated_at as transaction_updated_at,
        coalesce(reversals.transaction_type, transactions.transaction_type) as transaction_type,
        coalesce(lines.entity_id, headers.entity_id) as entity_id,
        lines.amount_doc,
        case when lines.amount_doc is null then lines.local_currency else coalesce(currencies.code, lines.local_currency) end as currency,
        lines.department_code,
        lines.cost_centre_code,
        lines.project_id,
        lines.party_id,
        lines.item_id,
        lines.memo,
        lines.intercompany_entity_id
    from postings
    inner join transactions on postings.transaction_id = transactions.id
    left join lines on postings.transaction_id = lines.transaction_id and postings.line_id = lines.line_id
    left join headers on postings.transaction_id = headers.transaction_id
    left join currencies on transactions.currency_id = currencies.id
    left join reversals on postings.transaction_id = reversals.document_id
    left join eliminations on postings.transaction_id || '-' || postings.line_id = eliminations.journal_line_id
    where eliminations.journal_line_id is null
)

select
    joined.transaction_id || '-' || joined.line_id as journal_line_id,
    joined.transaction_id as journal_id,
    joined.entity_id,
    joined.dated_on as posted_on,
    joined.account_code,
    {{ money('greatest(joined.amount_local, 0)') }} as debit_local,
    {{ money('greatest(-joined.amount_local, 0)') }} as credit_local,
    joined.currency,
    coalesce(joined.amount_doc, joined.amount_local) as amount_doc,
    joined.department_code,
    joined.cost_centre_code,
    joined.project_id,
    customers.customer_id,
    vendors.vendor_id,
    joined.item_id,
    coalesce(
        joined.document_type,
        case
            when joined.transaction_type in ('CustInvc', 'CashSale') then 'invoice'
            when joined.transaction_type in ('CustCred', 'CashRfnd') then 'credit_note'
            when joined.transaction_type in ('CustPymt', 'CustDep', 'DepAppl', 'CustRfnd') then 'payment'
            when joined.transaction_type in ('VendBill', 'VendCred') then 'bill'
            when joined.transaction_type = 'VendPymt' then 'bill_payment'
            when joined.transaction_type in ('ItemShip', 'ItemRcpt') then 'delivery'
            when joined.transaction_type in ('Check', 'Deposit', 'Transfer', 'CardChrg', 'CardRfnd') then 'bank'
            when joined.transaction_type = 'Paycheck' then 'payroll'
            when joined.transaction_type in ('TaxPymt', 'TaxLiab', 'LiabPymt') then 'tax'
            when joined.transaction_type = 'PEJrnl' then 'closing'
            else 'manual'
        end
    ) as document_type,
    {{ netsuite_bare_id('joined.transaction_id', 'joined') }} as document_id,
    coalesce(
        joined.intercompany_entity_id,
        joined.transaction_partner_id,
        -- Goods on their way are not yet owed by a company of the group.
        case
            when joined.transaction_type not in ('ItemShip', 'ItemRcpt')
                then coalesce(customers.intercompany_entity_id, vendors.intercompany_entity_id)
        end
    ) as intercompany_entity_id,
    coalesce(joined.memo, joined.transaction_memo) as description,
    joined.transaction_updated_at as updated_at,
    joined.source_system,
    {{ netsuite_bare_id('joined.transaction_id', 'joined') }} || '-' || joined.line_id as source_id,
    joined.batch_id,
    joined.batch_row,
    joined.loaded_at
from joined
left join customers on joined.party_id = customers.customer_id
left join vendors on joined.party_id = vendors.vendor_id
