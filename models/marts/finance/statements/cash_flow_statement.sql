-- One row per method, entity, month and line. Positive is cash in; by either method the lines of a month add up to the
-- change of cash and bank, so never add the methods together.
-- indirect: the result, what of it was not cash (depreciation, gains on disposals), the change of every other balance.
-- Investing and financing are cash by either method and the same in both, line by line: what balances of assets, loans and equity
-- changed by without cash (a machine not paid yet, a loan revalued) is a line of operating, as its counterpart is.
-- direct: every journal that moved cash, by what it moved cash for. In a journal that settles a receivable or payable,
-- discounts, charges and exchange differences belong to that settlement. Ledgers without journals have no direct method.
-- Reporting amounts are at posting-day rates; what the rates themselves did to cash held is a line of its own.
with balances as (select * from {{ ref('trial_balance') }}),

cash_flows as (select * from {{ ref('fct_cash_flows') }}),

accounts as (select * from {{ ref('dim_accounts') }}),

account_types as (select * from {{ ref('account_types') }}),

sheet as (select * from {{ ref('balance_sheet') }}),

{{ cash_flow_lines() }}

select * from flows
union all
select * from exchange_effects
