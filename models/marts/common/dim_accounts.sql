-- One row per ledger account, also of accounts that were posted to without being in the chart.
-- The type that people gave an account wins over its chart's. An account whose type is missing or unknown is unclassified: it
-- is shown as such and counted by no other line of a statement.
with gl_accounts as (select * from {{ ref('int_gl_accounts') }}),

accounts_used as (select * from {{ ref('int_accounts_used') }}),

account_types as (select * from {{ ref('account_types') }}),

account_classes as (select * from {{ source('raw', 'account_class') }}),

every_account as (
    select source_system, account_code from gl_accounts
    union
    select source_system, account_code from accounts_used
),

classified as (
    select
        every_account.source_system || ':' || every_account.account_code as account_id,
        every_account.account_code,
        coalesce(gl_accounts.name, every_account.account_code) as name,
        coalesce(account_types.account_type, 'unclassified') as account_type,
        coalesce(account_types.class, 'unclassified') as class,
        coalesce(account_types.statement, 'unclassified') as statement,
        coalesce(account_types.statement_line, 'Unclassified') as statement_line,
        coalesce(account_types.sort, 999) as statement_line_sort,
        coalesce(account_types.normal_side, 'debit') as normal_side,
        coalesce(account_types.cash_flow_class, 'unclassified') as cash_flow_class,
        coalesce(account_types.cash_flow_line, 'Unclassified') as cash_flow_line,
        account_types.margin_level,
        account_types.is_ebitda,
        gl_accounts.control_of,
        coalesce(gl_accounts.is_active, true) as is_active,
        gl_accounts.account_type as source_account_type,
        every_account.source_system,
        every_account.account_code as source_id
    from every_account
    left join gl_accounts
        on
            every_account.source_system = gl_accounts.source_system
            and every_account.account_code = gl_accounts.account_code
    left join account_classes
        on
            every_account.source_system = account_classes.source_system
            and every_account.account_code = account_classes.account_code
    left join account_types
        on coalesce(account_classes.account_type, gl_accounts.account_type) = account_types.account_type
)

select * from classified
