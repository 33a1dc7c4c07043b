-- One row per account of the chart. Its code is its number, or its id where the company does not number accounts. A type that the
-- mapping names wins over what QuickBooks' own types can say.
select
    id,
    coalesce(account_number, {{ quickbooks_bare_id('id') }}) as account_code,
    name,
    coalesce(
        account_type,
        case
            when account_subkind = 'Inventory' then 'inventory'
            when account_kind = 'Bank' then 'bank'
            when account_kind = 'Accounts Receivable' then 'receivable'
            when account_kind in ('Other Current Asset', 'Other Asset') then 'other_current_asset'
            when account_kind = 'Fixed Asset' then 'fixed_asset'
            when account_kind = 'Accounts Payable' then 'payable'
            when account_kind in ('Credit Card', 'Other Current Liability') then 'other_liability'
            when account_kind = 'Long Term Liability' then 'loan'
            when account_kind = 'Equity' then 'retained_earnings'
            when account_kind = 'Income' then 'revenue'
            when account_kind = 'Other Income' then 'other_income'
            when account_kind = 'Cost of Goods Sold' then 'cost_of_sales'
            when account_kind in ('Expense', 'Other Expense') then 'operating_expense'
        end
    ) as account_type,
    coalesce(
        control_of,
        case
            when account_subkind = 'Inventory' then 'inventory'
            when account_kind = 'Bank' then 'bank'
            when account_kind = 'Accounts Receivable' then 'receivables'
            when account_kind = 'Accounts Payable' then 'payables'
        end
    ) as control_of,
    coalesce(is_active, true) as is_active,
    {{ lineage() }}
from {{ source('raw', 'quickbooks_account') }}
where not is_deleted
