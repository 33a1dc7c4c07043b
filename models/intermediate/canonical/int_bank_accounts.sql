-- One row per bank account.
{{ canonical('bank_account') }}
