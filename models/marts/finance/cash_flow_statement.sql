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

-- Income of a class that is not operating leaves the result: its counterpart stands with its class.
result_parts as (
    select
        balances.entity_id,
        balances.period_on,
        accounts.cash_flow_class,
        accounts.cash_flow_line,
        accounts.statement_line,
        accounts.statement_line_sort,
        balances.credit_local - balances.debit_local + balances.closing_entries_local as amount_local,
        balances.credit_rpt - balances.debit_rpt + balances.closing_entries_rpt as amount_rpt
    from balances
    inner join accounts on balances.account_id = accounts.account_id
    where accounts.statement = 'profit_and_loss'
),

balance_parts as (
    select
        balances.entity_id,
        balances.period_on,
        accounts.cash_flow_class,
        accounts.cash_flow_line,
        accounts.statement_line,
        accounts.statement_line_sort,
        balances.credit_local - balances.debit_local + balances.opening_entries_local as amount_local,
        balances.credit_rpt - balances.debit_rpt + balances.opening_entries_rpt as amount_rpt
    from balances
    inner join accounts on balances.account_id = accounts.account_id
    where
        accounts.statement <> 'profit_and_loss'
        and accounts.cash_flow_class <> 'cash'
),

-- Entries that carry the result to equity add up to nothing, once the equity side is with balance_parts.
closing_parts as (
    select
        balances.entity_id,
        balances.period_on,
        -balances.closing_entries_local as amount_local,
        -balances.closing_entries_rpt as amount_rpt
    from balances
    inner join accounts on balances.account_id = accounts.account_id
    where accounts.statement = 'profit_and_loss'
),

opening_parts as (
    select
        balances.entity_id,
        balances.period_on,
        -balances.opening_entries_local as amount_local,
        -balances.opening_entries_rpt as amount_rpt
    from balances
    inner join accounts on balances.account_id = accounts.account_id
    where
        accounts.statement <> 'profit_and_loss'
        and accounts.cash_flow_class <> 'cash'
),

indirect_parts as (
    select
        entity_id, period_on, 'operating' as cash_flow_class, 'result' as section,
        'Result' as statement_line, 1 as statement_line_sort, amount_local, amount_rpt
    from result_parts
    union all
    select
        entity_id, period_on, 'operating' as cash_flow_class, 'non_cash' as section,
        statement_line, 10 as statement_line_sort, -amount_local as amount_local, -amount_rpt as amount_rpt
    from result_parts
    where cash_flow_class <> 'operating'
    union all
    select
        entity_id, period_on, cash_flow_class, cash_flow_class as section,
        cash_flow_line as statement_line, 500 as statement_line_sort, amount_local, amount_rpt
    from result_parts
    where cash_flow_class <> 'operating'
    union all
    select
        entity_id, period_on, cash_flow_class,
        case cash_flow_class when 'operating' then 'working_capital' else cash_flow_class end as section,
        case when cash_flow_class in ('operating', 'unclassified') then statement_line else cash_flow_line end
            as statement_line,
        case when cash_flow_class in ('operating', 'unclassified') then statement_line_sort else 500 end
            as statement_line_sort,
        amount_local,
        amount_rpt
    from balance_parts
    union all
    select
        closing_parts.entity_id, closing_parts.period_on, account_types.cash_flow_class,
        account_types.cash_flow_class as section, account_types.cash_flow_line as statement_line,
        500 as statement_line_sort, closing_parts.amount_local, closing_parts.amount_rpt
    from closing_parts
    inner join account_types on account_types.account_type = 'retained_earnings'
    union all
    select
        entity_id, period_on, 'opening' as cash_flow_class, 'opening' as section,
        'Opening balances' as statement_line, 800 as statement_line_sort, amount_local, amount_rpt
    from opening_parts
),

journal_ledgers as (
    select distinct entity_id from cash_flows
),

capital_parts as (
    select
        indirect_parts.entity_id, indirect_parts.period_on, indirect_parts.cash_flow_class, indirect_parts.section,
        indirect_parts.statement_line, indirect_parts.statement_line_sort, -indirect_parts.amount_local as amount_local,
        -indirect_parts.amount_rpt as amount_rpt
    from indirect_parts
    inner join journal_ledgers on indirect_parts.entity_id = journal_ledgers.entity_id
    where indirect_parts.cash_flow_class in ('investing', 'financing')
    union all
    select
        entity_id, period_on, cash_flow_class, section, statement_line, statement_line_sort, amount_local, amount_rpt
    from cash_flows
    where cash_flow_class in ('investing', 'financing')
),

-- From what balances changed by to what was paid; the difference is not lost, it is operating.
cash_parts as (
    select
        entity_id, period_on, cash_flow_class, section, statement_line, statement_line_sort, amount_local, amount_rpt
    from indirect_parts
    union all
    select
        entity_id, period_on, cash_flow_class, section, statement_line, statement_line_sort, amount_local, amount_rpt
    from capital_parts
    union all
    select
        entity_id, period_on, 'operating' as cash_flow_class, 'working_capital' as section,
        'Investing and financing without cash' as statement_line, 490 as statement_line_sort,
        -amount_local as amount_local, -amount_rpt as amount_rpt
    from capital_parts
),

parts as (
    select
        'indirect' as method, entity_id, period_on, cash_flow_class, section, statement_line, statement_line_sort,
        amount_local, amount_rpt
    from cash_parts
    union all
    select
        'direct' as method, entity_id, period_on, cash_flow_class, section, statement_line, statement_line_sort,
        amount_local, amount_rpt
    from cash_flows
),

flows as (
    select
        method,
        entity_id,
        period_on,
        cash_flow_class,
        section,
        statement_line,
        statement_line_sort,
        {{ money('sum(amount_local)') }} as amount_local,
        {{ money('sum(amount_rpt)') }} as amount_rpt
    from parts
    group by method, entity_id, period_on, cash_flow_class, section, statement_line, statement_line_sort
    having
        statement_line not in ('Opening balances', 'Investing and financing without cash')
        or sum(amount_local) <> 0
        or sum(amount_rpt) <> 0
),

cash_moved as (
    select
        balances.entity_id,
        balances.period_on,
        sum(balances.debit_rpt - balances.credit_rpt) as amount_rpt
    from balances
    inner join accounts on balances.account_id = accounts.account_id
    where accounts.cash_flow_class = 'cash'
    group by balances.entity_id, balances.period_on
),

cash_standing as (
    select
        entity_id,
        period_on,
        sum(balance_rpt) as balance_rpt
    from sheet
    where statement_line in (select account_types.statement_line from account_types where cash_flow_class = 'cash')
    group by entity_id, period_on
),

cash_changed as (
    select
        entity_id,
        period_on,
        balance_rpt - coalesce(lag(balance_rpt) over (partition by entity_id order by period_on), 0) as amount_rpt
    from cash_standing
),

methods as (
    select distinct
        method,
        entity_id
    from flows
),

exchange_effects as (
    select
        methods.method,
        cash_changed.entity_id,
        cash_changed.period_on,
        'exchange' as cash_flow_class,
        'exchange' as section,
        'Exchange effect on cash' as statement_line,
        900 as statement_line_sort,
        cast(0 as decimal(18, 2)) as amount_local,
        {{ money('cash_changed.amount_rpt - coalesce(cash_moved.amount_rpt, 0)') }} as amount_rpt
    from cash_changed
    inner join methods on cash_changed.entity_id = methods.entity_id
    left join cash_moved
        on
            cash_changed.entity_id = cash_moved.entity_id
            and cash_changed.period_on = cash_moved.period_on
)

select * from flows
union all
select * from exchange_effects
