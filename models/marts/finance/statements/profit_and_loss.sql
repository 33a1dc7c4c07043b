-- One row per entity, month and line of the statement. Income is positive and cost negative, so that any subtotal is a
-- plain sum. Reporting amounts are the local ones at the month's average rate, as a group statement wants them; facts
-- translate each document at its own day's rate (posted_rpt) and differ from this by translation_difference_rpt.
-- Entries that carry the result to retained earnings are left out.
with balances as (select * from {{ ref('trial_balance') }}),

accounts as (select * from {{ ref('dim_accounts') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

month_rates as (select * from {{ ref('int_month_rates') }}),

lines as (
    select
        balances.entity_id,
        balances.period_on,
        accounts.statement_line,
        accounts.statement_line_sort,
        accounts.class,
        accounts.margin_level,
        accounts.is_ebitda,
        {{ money('sum(balances.credit_local - balances.debit_local + balances.closing_entries_local)') }} as amount_local,
        {{ money('sum(balances.credit_rpt - balances.debit_rpt + balances.closing_entries_rpt)') }} as posted_rpt
    from balances
    inner join accounts on balances.account_id = accounts.account_id
    where accounts.statement = 'profit_and_loss'
    group by
        balances.entity_id,
        balances.period_on,
        accounts.statement_line,
        accounts.statement_line_sort,
        accounts.class,
        accounts.margin_level,
        accounts.is_ebitda
),

translated as (
    select
        lines.*,
        case
            when entities.is_reporting_currency then lines.amount_local
            when month_rates.average_rate is null then lines.posted_rpt
            else {{ converted('lines.amount_local', 'month_rates.average_rate') }}
        end as amount_rpt
    from lines
    inner join entities on lines.entity_id = entities.entity_id
    left join month_rates
        on
            entities.currency = month_rates.currency
            and lines.period_on = month_rates.month_on
)

select
    entity_id,
    period_on,
    statement_line,
    statement_line_sort,
    class,
    margin_level,
    is_ebitda,
    amount_local,
    amount_rpt,
    posted_rpt,
    {{ money('amount_rpt - posted_rpt') }} as translation_difference_rpt
from translated
