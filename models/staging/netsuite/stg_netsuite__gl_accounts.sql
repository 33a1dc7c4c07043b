-- One row per account of the chart. Leaves out accounts that nothing is posted to. A type that the mapping names wins over what
-- NetSuite's own twenty types can say.
select
    coalesce(account_code, {{ netsuite_bare_id('id') }}) as account_code,
    name,
    coalesce(
        account_type,
        case
            when is_inventory then 'inventory'
            when account_kind = 'Bank' then 'bank'
            when account_kind = 'AcctRec' then 'receivable'
            when account_kind = 'UnbilledRec' then 'goods_delivered_not_invoiced'
            when account_kind in ('OthCurrAsset', 'OthAsset') then 'other_current_asset'
            when account_kind = 'FixedAsset' then 'fixed_asset'
            when account_kind = 'DeferExpense' then 'prepaid'
            when account_kind = 'AcctPay' then 'payable'
            when account_kind in ('CredCard', 'OthCurrLiab') then 'other_liability'
            when account_kind = 'LongTermLiab' then 'loan'
            when account_kind = 'DeferRevenue' then 'deferred_revenue'
            when account_kind = 'Equity' then 'retained_earnings'
            when account_kind = 'Income' then 'revenue'
            when account_kind = 'COGS' then 'cost_of_sales'
            when account_kind in ('Expense', 'OthExpense') then 'operating_expense'
            when account_kind = 'OthIncome' then 'other_income'
        end
    ) as account_type,
    coalesce(
        control_of,
        case
            when is_inventory then 'inventory'
            when account_kind = 'AcctRec' then 'receivables'
            when account_kind = 'AcctPay' then 'payables'
            when account_kind = 'Bank' then 'bank'
        end
    ) as control_of,
    not coalesce(is_inactive, false) as is_active,
    {{ lineage() }}
from {{ source('raw', 'netsuite_account') }}
where account_kind not in ('NonPosting', 'Stat')
