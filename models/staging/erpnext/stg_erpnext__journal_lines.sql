-- One row per ledger entry. Leaves out those of cancelled documents: a cancelled document's entries and their reversals all carry the
-- mark. A voucher is a journal.
with entries as (select * from {{ source('raw', 'erpnext_gl_entry') }} where not is_cancelled),

accounts as (
    {{ erpnext_account_codes() }}
),

returns as (
    select id as voucher_id from {{ source('raw', 'erpnext_sales_invoice') }}
    where is_return
),

supplier_payments as (
    select id as voucher_id from {{ source('raw', 'erpnext_payment_entry') }}
    where party_type = 'Supplier'
)

select
    entries.id as journal_line_id,
    entries.source_system || ':' || entries.voucher_type || ' ' || entries.voucher_no as journal_id,
    entries.company as entity_id,
    entries.posted_on,
    coalesce(accounts.account_code, entries.account) as account_code,
    entries.debit_local,
    entries.credit_local,
    coalesce(entries.currency, entries.account_currency) as currency,
    cast(
        case
            when entries.currency is not null then entries.debit_doc - entries.credit_doc
            else entries.debit_account - entries.credit_account
        end as decimal(18, 2)
    ) as amount_doc,
    entries.department_code,
    entries.cost_centre_code,
    entries.project_id,
    coalesce(entries.customer_id, case when entries.party_type = 'Customer' then entries.party_id end) as customer_id,
    coalesce(entries.vendor_id, case when entries.party_type = 'Supplier' then entries.party_id end) as vendor_id,
    entries.item_id,
    case
        when entries.is_opening = 'Yes' or entries.voucher_subtype = 'Opening Entry' then 'opening'
        when entries.voucher_type = 'Sales Invoice' and returns.voucher_id is not null then 'credit_note'
        when entries.voucher_type = 'Sales Invoice' then 'invoice'
        when entries.voucher_type = 'Purchase Invoice' then 'bill'
        when entries.voucher_type = 'Payment Entry' and supplier_payments.voucher_id is not null then 'bill_payment'
        when entries.voucher_type = 'Payment Entry' then 'payment'
        when entries.voucher_type in ('Delivery Note', 'Purchase Receipt', 'Stock Entry') then 'delivery'
        when entries.voucher_subtype = 'Depreciation Entry' then 'depreciation'
        when entries.voucher_subtype = 'Bank Entry' then 'bank'
        else 'manual'
    end as document_type,
    entries.voucher_no as document_id,
    entries.intercompany_entity_id,
    entries.description,
    entries.updated_at,
    {{ lineage() }}
from entries
left join accounts on entries.source_system = accounts.account_source_system and entries.account = accounts.account
left join returns
    on entries.voucher_type = 'Sales Invoice' and entries.source_system || ':' || entries.voucher_no = returns.voucher_id
left join supplier_payments
    on
        entries.voucher_type = 'Payment Entry'
        and entries.source_system || ':' || entries.voucher_no = supplier_payments.voucher_id
