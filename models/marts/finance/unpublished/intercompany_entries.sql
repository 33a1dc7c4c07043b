-- One row per month, entity, partner, side, line of the statement and document currency: what an entity posted with another
-- entity of the group. side is receivable, payable, sale, own_cost (what a sale within the group cost the seller) or
-- purchase. A partner that is null or not a legal entity of the group is kept, so that sides add up to statement lines.
with journal_lines as (select * from {{ ref('fct_journal_lines') }}),

accounts as (select * from {{ ref('dim_accounts') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

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
)

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
