-- One row per month, entity, partner, side, line of the statement and document currency: what the entity has with another
-- entity of the group, translated as the statements are: receivables and payables as they stand at the month's end, at the
-- closing rate; sales, their cost and purchases of the month at its average rate. Debit positive. An entity's amounts of
-- one line are rounded running on, so that they add up to the line.
-- side is receivable, payable, sale, own_cost (what a sale within the group cost the seller) or purchase. A partner that is
-- null or no legal entity of the group is kept, so that sides add up to statement lines.
with journal_lines as (select * from {{ ref('fct_journal_lines') }}),

balance_movements as (select * from {{ ref('int_balance_movements') }}),

accounts as (select * from {{ ref('dim_accounts') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

month_ends as (select * from {{ ref('int_month_ends') }}),

month_rates as (select * from {{ ref('int_month_rates') }}),

-- Few of a ledger's lines: those on the accounts kept for it, and those that name a partner.
named as (
    select
        journal_lines.*,
        accounts.statement,
        accounts.class,
        accounts.statement_line,
        accounts.statement_line_sort
    from journal_lines
    inner join accounts on journal_lines.account_id = accounts.account_id
    where
        (
            journal_lines.intercompany_entity_id is not null
            or journal_lines.account_type in ('intercompany_receivable', 'intercompany_payable', 'intercompany_revenue')
        )
        and accounts.cash_flow_class <> 'cash'
        and journal_lines.entry_type <> 'closing'
),

own_sales as (
    select distinct
        entity_id,
        journal_id
    from named
    where account_type = 'intercompany_revenue'
),

sided as (
    select
        named.*,
        partners.entity_id as partner_entity_id,
        case
            when named.account_type = 'intercompany_receivable' then 'receivable'
            when named.account_type = 'intercompany_payable' then 'payable'
            when named.account_type = 'intercompany_revenue' then 'sale'
            when own_sales.journal_id is not null and named.account_type = 'intercompany_cost' then 'own_cost'
            when own_sales.journal_id is null then 'purchase'
        end as side
    from named
    left join own_sales
        on
            named.entity_id = own_sales.entity_id
            and named.journal_id = own_sales.journal_id
    left join entities as partners
        on
            named.intercompany_entity_id = partners.entity_id
            and named.entity_id <> partners.entity_id
),

entries as (
    select
        month_on as period_on,
        entity_id,
        partner_entity_id,
        side,
        statement,
        class,
        statement_line,
        statement_line_sort,
        coalesce(currency, 'unknown') as currency,
        sum(debit_local - credit_local) as amount_local,
        sum(debit_rpt - credit_rpt) as posted_rpt,
        sum(amount_doc) as amount_doc
    from sided
    where side is not null
    group by
        month_on,
        entity_id,
        partner_entity_id,
        side,
        statement,
        class,
        statement_line,
        statement_line_sort,
        coalesce(currency, 'unknown')
    union all
    -- A ledger of balances names no partner: what stands on its intercompany accounts is listed as such.
    select
        balance_movements.period_on,
        balance_movements.entity_id,
        null as partner_entity_id,
        case accounts.account_type
            when 'intercompany_receivable' then 'receivable'
            when 'intercompany_payable' then 'payable'
            else 'sale'
        end as side,
        accounts.statement,
        accounts.class,
        accounts.statement_line,
        accounts.statement_line_sort,
        'unknown' as currency,
        sum(balance_movements.debit_local - balance_movements.credit_local) as amount_local,
        sum(balance_movements.debit_rpt - balance_movements.credit_rpt) as posted_rpt,
        null as amount_doc
    from balance_movements
    inner join accounts on balance_movements.account_id = accounts.account_id
    where
        accounts.account_type in ('intercompany_receivable', 'intercompany_payable', 'intercompany_revenue')
        and balance_movements.entry_type <> 'closing'
    group by
        balance_movements.period_on,
        balance_movements.entity_id,
        accounts.account_type,
        accounts.statement,
        accounts.class,
        accounts.statement_line,
        accounts.statement_line_sort
),

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
