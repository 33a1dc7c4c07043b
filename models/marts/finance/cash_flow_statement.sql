-- One row per entity, month and line, by the indirect method: the month's result, then the change of every balance that
-- is not cash. Positive is cash in; the lines of a month add up to the change of cash and bank.
-- Reporting amounts are at posting-day rates; what the rates themselves did to cash held is a line of its own.
with balances as (select * from {{ ref('trial_balance') }}),

accounts as (select * from {{ ref('dim_accounts') }}),

sheet as (select * from {{ ref('balance_sheet') }}),

moved as (
    select
        balances.entity_id,
        balances.period_on,
        accounts.cash_flow_class,
        case accounts.statement when 'profit_and_loss' then 'Result' else accounts.statement_line end as statement_line,
        case accounts.statement when 'profit_and_loss' then 1 else accounts.statement_line_sort end as statement_line_sort,
        balances.credit_local - balances.debit_local as amount_local,
        balances.credit_rpt - balances.debit_rpt as amount_rpt
    from balances
    inner join accounts on balances.account_id = accounts.account_id
    where accounts.cash_flow_class <> 'cash'
),

flows as (
    select
        entity_id,
        period_on,
        cash_flow_class,
        statement_line,
        statement_line_sort,
        {{ money('sum(amount_local)') }} as amount_local,
        {{ money('sum(amount_rpt)') }} as amount_rpt
    from moved
    group by entity_id, period_on, cash_flow_class, statement_line, statement_line_sort
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
    where statement_line in ('Cash and bank', 'Cash in transit')
    group by entity_id, period_on
),

cash_changed as (
    select
        entity_id,
        period_on,
        balance_rpt - coalesce(lag(balance_rpt) over (partition by entity_id order by period_on), 0) as amount_rpt
    from cash_standing
),

exchange_effects as (
    select
        cash_changed.entity_id,
        cash_changed.period_on,
        'exchange' as cash_flow_class,
        'Exchange effect on cash' as statement_line,
        900 as statement_line_sort,
        cast(0 as decimal(18, 2)) as amount_local,
        {{ money('cash_changed.amount_rpt - coalesce(cash_moved.amount_rpt, 0)') }} as amount_rpt
    from cash_changed
    left join cash_moved
        on
            cash_changed.entity_id = cash_moved.entity_id
            and cash_changed.period_on = cash_moved.period_on
)

select * from flows
union all
select * from exchange_effects
