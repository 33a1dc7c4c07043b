-- One row per month, entity, partner, side, line of the statement and document currency: what the entity has with another
-- entity of the group, translated as the statements are: receivables and payables as they stand at the month's end, at the
-- closing rate; sales, their cost and purchases of the month at its average rate. Debit positive. An entity's amounts of
-- one line are rounded running on, so that they add up to the line.
{{ config(materialized='table') }}

with entries as (select * from {{ ref('intercompany_entries') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

month_ends as (select * from {{ ref('int_month_ends') }}),

month_rates as (select * from {{ ref('int_month_rates') }}),

first_periods as (
    select
        entity_id,
        partner_entity_id,
        side,
        statement,
        class,
        statement_line,
        statement_line_sort,
        currency,
        min(period_on) as first_period_on
    from entries
    where side in ('receivable', 'payable')
    group by entity_id, partner_entity_id, side, statement, class, statement_line, statement_line_sort, currency
),

standing as (
    select
        month_ends.month_on as period_on,
        first_periods.entity_id,
        first_periods.partner_entity_id,
        first_periods.side,
        first_periods.statement,
        first_periods.class,
        first_periods.statement_line,
        first_periods.statement_line_sort,
        first_periods.currency,
        sum(coalesce(entries.amount_local, 0)) over running as amount_local,
        sum(coalesce(entries.posted_rpt, 0)) over running as posted_rpt,
        sum(coalesce(entries.amount_doc, 0)) over running as amount_doc
    from first_periods
    inner join month_ends on first_periods.first_period_on <= month_ends.month_on
    left join entries
        on
            first_periods.entity_id = entries.entity_id
            and coalesce(first_periods.partner_entity_id, '') = coalesce(entries.partner_entity_id, '')
            and first_periods.side = entries.side
            and first_periods.statement_line = entries.statement_line
            and first_periods.currency = entries.currency
            and month_ends.month_on = entries.period_on
    window running as (
        partition by
            first_periods.entity_id, first_periods.partner_entity_id, first_periods.side,
            first_periods.statement_line, first_periods.currency
        order by month_ends.month_on rows between unbounded preceding and current row
    )
),

every_entry as (
    select
        period_on, entity_id, partner_entity_id, side, statement, class, statement_line, statement_line_sort, currency,
        amount_local, posted_rpt, amount_doc
    from standing
    union all
    select
        period_on, entity_id, partner_entity_id, side, statement, class, statement_line, statement_line_sort, currency,
        amount_local, posted_rpt, amount_doc
    from entries
    where side not in ('receivable', 'payable')
),

rated as (
    select
        every_entry.*,
        case
            when entities.is_reporting_currency then 1
            when every_entry.side in ('receivable', 'payable') then month_rates.closing_rate
            else month_rates.average_rate
        end as rate,
        sum(every_entry.amount_local) over running as running_local
    from every_entry
    inner join entities on every_entry.entity_id = entities.entity_id
    left join month_rates
        on
            entities.currency = month_rates.currency
            and every_entry.period_on = month_rates.month_on
    window running as (
        partition by every_entry.period_on, every_entry.entity_id, every_entry.side, every_entry.statement_line
        order by every_entry.partner_entity_id nulls last, every_entry.currency
        rows between unbounded preceding and current row
    )
)

select
    period_on,
    entity_id,
    partner_entity_id,
    side,
    statement,
    class,
    statement_line,
    statement_line_sort,
    currency,
    {{ money('amount_doc') }} as amount_doc,
    {{ money('amount_local') }} as amount_local,
    case
        when rate is null then {{ money('posted_rpt') }}
        else {{ money(
            'cast(cast(running_local as decimal(28, 2)) * rate as decimal(18, 2))'
            ~ ' - cast(cast(running_local - amount_local as decimal(28, 2)) * rate as decimal(18, 2))'
        ) }}
    end as amount_rpt
from rated
