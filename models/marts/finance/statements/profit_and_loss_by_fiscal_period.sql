-- One row per entity, fiscal period of the company's calendar and line of the statement. Signs and rates are those of
-- profit_and_loss: every month at its own average rate. A month that lies in two fiscal periods is translated once and its
-- parts rounded running on, so that both calendars have the same total to the cent, in either currency.
with ledger as (select * from {{ ref('general_ledger_by_period') }}),

accounts as (select * from {{ ref('dim_accounts') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

month_rates as (select * from {{ ref('int_month_rates') }}),

dates as (select * from {{ ref('dim_dates') }}),

parts as (
    select
        ledger.entity_id,
        ledger.month_on,
        ledger.fiscal_period_start_on,
        accounts.statement_line,
        accounts.statement_line_sort,
        accounts.class,
        accounts.margin_level,
        accounts.is_ebitda,
        {{ money('sum(ledger.credit_local - ledger.debit_local)') }} as amount_local,
        {{ money('sum(ledger.credit_rpt - ledger.debit_rpt)') }} as posted_rpt
    from ledger
    inner join accounts on ledger.account_id = accounts.account_id
    where
        accounts.statement = 'profit_and_loss'
        and ledger.entry_type <> 'closing'
    group by
        ledger.entity_id,
        ledger.month_on,
        ledger.fiscal_period_start_on,
        accounts.statement_line,
        accounts.statement_line_sort,
        accounts.class,
        accounts.margin_level,
        accounts.is_ebitda
),

running as (
    select
        *,
        {{ money('sum(amount_local) over so_far') }} as running_local
    from parts
    window so_far as (
        partition by entity_id, month_on, statement_line, class, margin_level, is_ebitda
        order by fiscal_period_start_on rows between unbounded preceding and current row
    )
),

translated as (
    select
        running.*,
        case
            when entities.is_reporting_currency then running.amount_local
            when month_rates.average_rate is null then running.posted_rpt
            else
                {{ converted('running.running_local', 'month_rates.average_rate') }}
                - {{ converted(money('running.running_local - running.amount_local'), 'month_rates.average_rate') }}
        end as amount_rpt
    from running
    inner join entities on running.entity_id = entities.entity_id
    left join month_rates
        on
            entities.currency = month_rates.currency
            and running.month_on = month_rates.month_on
),

added_up as (
    select
        entity_id,
        fiscal_period_start_on,
        statement_line,
        statement_line_sort,
        class,
        margin_level,
        is_ebitda,
        sum(amount_local) as amount_local,
        sum(amount_rpt) as amount_rpt,
        sum(posted_rpt) as posted_rpt
    from translated
    group by
        entity_id,
        fiscal_period_start_on,
        statement_line,
        statement_line_sort,
        class,
        margin_level,
        is_ebitda
)

select
    added_up.entity_id,
    added_up.fiscal_period_start_on,
    dates.fiscal_period_end_on,
    dates.fiscal_year,
    dates.fiscal_quarter,
    dates.fiscal_period,
    dates.fiscal_period_label,
    added_up.statement_line,
    added_up.statement_line_sort,
    added_up.class,
    added_up.margin_level,
    added_up.is_ebitda,
    {{ money('added_up.amount_local') }} as amount_local,
    {{ money('added_up.amount_rpt') }} as amount_rpt,
    {{ money('added_up.posted_rpt') }} as posted_rpt,
    {{ money('added_up.amount_rpt - added_up.posted_rpt') }} as translation_difference_rpt
from added_up
inner join dates on added_up.fiscal_period_start_on = dates.date_on
