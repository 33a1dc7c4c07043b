-- One row per month, statement, line, entity and partner: what leaves the sum of the entities' statements because it is
-- between them. Signs are those of the statements, so that entities plus eliminations are the group. Balances are
-- eliminated as they stand at the month's end, results of the month.
-- A sale within the group is taken out of the seller's revenue and the buyer's costs; what the buyer put into stock is
-- taken out of cost of sales, where it ends once sold on. What the seller's cost was stays, as cost of sales. The two sides
-- of a pair may differ, by the exchange rate or by a document one of them lacks: that is the line Intercompany difference.
with entries as (select * from {{ ref('fct_intercompany_entries') }}),

account_types as (select * from {{ ref('account_types') }}),

with_partner as (
    select * from entries where partner_entity_id is not null
),

eliminations as (
    select
        period_on, statement, class, statement_line, statement_line_sort, entity_id, partner_entity_id,
        case when class in ('liability', 'equity') then amount_rpt else -amount_rpt end as amount_rpt
    from with_partner
    where side in ('receivable', 'payable')
    union all
    select
        period_on, 'balance_sheet' as statement, 'asset' as class, 'Intercompany difference' as statement_line,
        198 as statement_line_sort, entity_id, partner_entity_id, amount_rpt
    from with_partner
    where side in ('receivable', 'payable')
    union all
    select
        period_on, statement, class, statement_line, statement_line_sort, entity_id, partner_entity_id, amount_rpt
    from with_partner
    where side in ('sale', 'own_cost') or (side = 'purchase' and statement = 'profit_and_loss')
    union all
    select
        with_partner.period_on, account_types.statement, account_types.class, account_types.statement_line,
        account_types.sort as statement_line_sort, with_partner.entity_id, with_partner.partner_entity_id,
        case with_partner.side when 'own_cost' then -with_partner.amount_rpt else with_partner.amount_rpt end as amount_rpt
    from with_partner
    inner join account_types on account_types.account_type = 'cost_of_sales'
    where
        with_partner.side = 'own_cost'
        or (with_partner.side = 'purchase' and with_partner.statement <> 'profit_and_loss')
    union all
    select
        period_on, 'profit_and_loss' as statement, 'expense' as class, 'Intercompany difference' as statement_line,
        545 as statement_line_sort, entity_id, partner_entity_id, -amount_rpt as amount_rpt
    from with_partner
    where side in ('sale', 'purchase')
)

select
    period_on,
    statement,
    class,
    statement_line,
    statement_line_sort,
    entity_id,
    partner_entity_id,
    {{ money('sum(amount_rpt)') }} as amount_rpt
from eliminations
group by period_on, statement, class, statement_line, statement_line_sort, entity_id, partner_entity_id
