-- One row per account number: of several companies the same number may have several accounts. A type that the mapping names wins.
-- Leaves out accounts off the balance sheet.
with accounts as (
    select
        *,
        {{ odoo_account_code('accounts') }} as number
    from {{ source('raw', 'odoo_account') }} as accounts
    where account_kind <> 'off_balance'
),

chosen as (
    select
        *,
        bool_or(coalesce(is_active, not coalesce(is_deprecated, false))) over (partition by source_system, number) as is_any_active,
        row_number() over (partition by source_system, number order by id) as place
    from accounts
    where number is not null
)

select
    number as account_code,
    name,
    coalesce(
        account_type,
        case account_kind
            when 'asset_receivable' then 'receivable'
            when 'asset_cash' then 'bank'
            when 'asset_current' then 'other_current_asset'
            when 'asset_non_current' then 'other_current_asset'
            when 'asset_prepayments' then 'prepaid'
            when 'asset_fixed' then 'fixed_asset'
            when 'liability_payable' then 'payable'
            when 'liability_credit_card' then 'other_liability'
            when 'liability_current' then 'other_liability'
            when 'liability_non_current' then 'loan'
            when 'equity' then 'share_capital'
            when 'equity_unaffected' then 'current_earnings'
            when 'income' then 'revenue'
            when 'income_other' then 'other_income'
            when 'expense' then 'operating_expense'
            when 'expense_other' then 'operating_expense'
            when 'expense_depreciation' then 'depreciation'
            when 'expense_direct_cost' then 'cost_of_sales'
        end
    ) as account_type,
    coalesce(
        control_of,
        case account_kind
            when 'asset_receivable' then 'receivables'
            when 'liability_payable' then 'payables'
            when 'asset_cash' then 'bank'
        end
    ) as control_of,
    is_any_active as is_active,
    {{ lineage() }}
from chosen
where place = 1
