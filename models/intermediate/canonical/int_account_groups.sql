-- One row per account or group of accounts and first day below its parent.
{{ canonical('account_group') }}
