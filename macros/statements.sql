{#- Statements of a period, whichever the period is: the steps that monthly and fiscal statements share.

    Each macro goes on from common table expressions that its model defines, named as they are read here, with
    `period_on` as the first day of the period. -#}

{#- From balances, results, accounts, entities, closing_rates (currency, period_on) and period_ends (period_on,
    fiscal_year) to every_line. Closing entries close the oldest result first. -#}
{% macro balance_sheet_lines() -%}
standing as (
    select
        balances.entity_id,
        balances.period_on,
        accounts.class,
        accounts.statement_line,
        accounts.statement_line_sort,
        {{ money("sum(case when accounts.class in ('liability', 'equity') then -1 else 1 end * balances.closing_local)") }}
            as balance_local,
        {{ money("sum(case when accounts.class in ('liability', 'equity') then -1 else 1 end * balances.closing_rpt)") }}
            as posted_rpt
    from balances
    inner join accounts on balances.account_id = accounts.account_id
    where accounts.statement <> 'profit_and_loss'
    group by
        balances.entity_id,
        balances.period_on,
        accounts.class,
        accounts.statement_line,
        accounts.statement_line_sort
),

translated as (
    select
        standing.entity_id,
        standing.period_on,
        standing.class,
        standing.statement_line,
        standing.statement_line_sort,
        standing.balance_local,
        standing.posted_rpt,
        case
            when entities.is_reporting_currency then standing.balance_local
            when standing.class = 'equity' or closing_rates.closing_rate is null then standing.posted_rpt
            else {{ converted('standing.balance_local', 'closing_rates.closing_rate') }}
        end as balance_rpt
    from standing
    inner join entities on standing.entity_id = entities.entity_id
    left join closing_rates
        on
            entities.currency = closing_rates.currency
            and standing.period_on = closing_rates.period_on
),

periods as (
    select distinct
        balances.entity_id,
        balances.period_on,
        period_ends.fiscal_year
    from balances
    inner join period_ends on balances.period_on = period_ends.period_on
),

period_results as (
    select
        periods.entity_id,
        periods.period_on,
        periods.fiscal_year,
        sum(coalesce(results.amount_local, 0)) as amount_local,
        sum(coalesce(results.amount_rpt, 0)) as amount_rpt,
        sum(coalesce(results.posted_rpt, 0)) as posted_rpt
    from periods
    left join results
        on
            periods.entity_id = results.entity_id
            and periods.period_on = results.period_on
    group by periods.entity_id, periods.period_on, periods.fiscal_year
),

-- Carried to retained earnings, credit positive: what a closing entry takes off a profit is negative.
period_closings as (
    select
        balances.entity_id,
        balances.period_on,
        -sum(balances.closing_entries_local) as closed_local,
        -sum(balances.closing_entries_rpt) as closed_rpt
    from balances
    inner join accounts on balances.account_id = accounts.account_id
    where accounts.statement = 'profit_and_loss'
    group by balances.entity_id, balances.period_on
),

running_results as (
    select
        period_results.entity_id,
        period_results.period_on,
        period_results.fiscal_year,
        sum(period_results.amount_local) over years_to_date as year_local,
        sum(period_results.amount_rpt) over years_to_date as year_rpt,
        sum(period_results.posted_rpt) over years_to_date as year_posted_rpt,
        sum(coalesce(period_closings.closed_local, 0)) over years_to_date as year_closed_local,
        sum(coalesce(period_closings.closed_rpt, 0)) over years_to_date as year_closed_rpt,
        sum(period_results.amount_local + coalesce(period_closings.closed_local, 0)) over all_time as open_local,
        sum(period_results.amount_rpt + coalesce(period_closings.closed_rpt, 0)) over all_time as open_rpt,
        sum(period_results.posted_rpt + coalesce(period_closings.closed_rpt, 0)) over all_time as open_posted_rpt
    from period_results
    left join period_closings
        on
            period_results.entity_id = period_closings.entity_id
            and period_results.period_on = period_closings.period_on
    window
        years_to_date as (
            partition by period_results.entity_id, period_results.fiscal_year
            order by period_results.period_on rows between unbounded preceding and current row
        ),
        all_time as (
            partition by period_results.entity_id
            order by period_results.period_on rows between unbounded preceding and current row
        )
),

earlier_results as (
    select
        *,
        open_local - year_local - year_closed_local as brought_forward_local
    from running_results
),

-- What of the year's closing entries goes beyond the results brought forward closes the year's own result.
closed_results as (
    select
        *,
        case
            when sign(year_closed_local) = -sign(brought_forward_local)
                then sign(year_closed_local) * greatest(abs(year_closed_local) - abs(brought_forward_local), 0)
            else year_closed_local
        end as year_own_closed_local
    from earlier_results
),

results_standing as (
    select
        entity_id,
        period_on,
        open_local,
        open_rpt,
        open_posted_rpt,
        year_local + year_own_closed_local as year_local,
        case
            when year_own_closed_local = 0 then year_rpt
            when open_local = year_local + year_own_closed_local then open_rpt
            else year_rpt + year_closed_rpt
        end as year_rpt,
        case
            when year_own_closed_local = 0 then year_posted_rpt
            when open_local = year_local + year_own_closed_local then open_posted_rpt
            else year_posted_rpt + year_closed_rpt
        end as year_posted_rpt
    from closed_results
),

result_lines as (
    select
        entity_id,
        period_on,
        'equity' as class,
        'Result of earlier years' as statement_line,
        430 as statement_line_sort,
        {{ money('open_local - year_local') }} as balance_local,
        {{ money('open_posted_rpt - year_posted_rpt') }} as posted_rpt,
        {{ money('open_rpt - year_rpt') }} as balance_rpt
    from results_standing
    union all
    select
        entity_id,
        period_on,
        'equity' as class,
        'Result for the year' as statement_line,
        440 as statement_line_sort,
        {{ money('year_local') }} as balance_local,
        {{ money('year_posted_rpt') }} as posted_rpt,
        {{ money('year_rpt') }} as balance_rpt
    from results_standing
),

own_lines as (
    select * from translated
    union all
    select * from result_lines
),

translation_differences as (
    select
        entity_id,
        period_on,
        'equity' as class,
        'Translation difference' as statement_line,
        450 as statement_line_sort,
        cast(0 as decimal(18, 2)) as balance_local,
        cast(0 as decimal(18, 2)) as posted_rpt,
        {{ money("sum(case class when 'asset' then balance_rpt when 'unclassified' then balance_rpt else -balance_rpt end)") }}
            as balance_rpt
    from own_lines
    group by entity_id, period_on
),

every_line as (
    select * from own_lines
    union all
    select * from translation_differences
)
{%- endmacro %}

{#- From balances, cash_flows, accounts, account_types and sheet (the balance sheet's lines) to flows and
    exchange_effects. -#}
{% macro cash_flow_lines() -%}
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
{%- endmacro %}
