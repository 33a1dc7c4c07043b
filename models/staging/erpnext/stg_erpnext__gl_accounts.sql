-- One row per account code: companies of a site each have a chart of their own in which a code means the same. Leaves out groups. Only
-- types that leave no doubt are classified; the rest is shown as unclassified until a mapping or the company's own list says.
with accounts as (
    select
        *,
        coalesce(nullif(account_number, ''), account_name) as account_code,
        row_number() over (
            partition by source_system, coalesce(nullif(account_number, ''), account_name) order by company, id
        ) as place
    from {{ source('raw', 'erpnext_account') }}
    where not is_group
)

select
    account_code,
    account_name as name,
    coalesce(
        account_class,
        case
            when account_type in ('Bank', 'Cash') then 'bank'
            when account_type = 'Receivable' then 'receivable'
            when account_type = 'Payable' then 'payable'
            when account_type = 'Stock' then 'inventory'
            when account_type = 'Fixed Asset' then 'fixed_asset'
            when account_type = 'Accumulated Depreciation' then 'accumulated_depreciation'
            when account_type = 'Depreciation' then 'depreciation'
            when account_type = 'Cost of Goods Sold' then 'cost_of_sales'
            when account_type = 'Stock Received But Not Billed' then 'accrued'
            when account_type = 'Tax' and root_type = 'Asset' then 'tax_receivable'
            when account_type = 'Tax' and root_type = 'Liability' then 'tax_payable'
            when account_type = 'Income Account' then 'revenue'
        end
    ) as account_type,
    case
        when account_type = 'Receivable' then 'receivables'
        when account_type = 'Payable' then 'payables'
        when account_type = 'Stock' then 'inventory'
        when account_type in ('Bank', 'Cash') then 'bank'
        when account_class = 'payroll_payable' then 'payroll'
    end as control_of,
    not coalesce(is_disabled, false) as is_active,
    {{ lineage() }}
from accounts
where place = 1
