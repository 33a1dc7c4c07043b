-- One row per entity, account and period end, for ledgers that come as balances only.
{{ canonical('account_balance') }}
