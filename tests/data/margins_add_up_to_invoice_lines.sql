-- A returned row is an entity's month whose margins are not its invoice lines, intercompany left out, and the variable
-- selling expenses of its ledger.
with margins as (
    select
        month_on,
        entity_id,
        sum(net_rpt) as net_rpt,
        sum(cost_rpt) as cost_rpt,
        sum(margin_rpt) as margin_rpt,
        sum(variable_selling_rpt) as variable_selling_rpt
    from {{ ref('fct_margins_monthly') }}
    group by month_on, entity_id
),

sources as (
    select
        month_on, entity_id, net_rpt, coalesce(cost_rpt, 0) as cost_rpt, coalesce(margin_rpt, 0) as margin_rpt,
        0 as variable_selling_rpt
    from {{ ref('fct_invoice_lines') }}
    where not is_intercompany
    union all
    select
        month_on, entity_id, 0 as net_rpt, 0 as cost_rpt, 0 as margin_rpt,
        debit_rpt - credit_rpt as variable_selling_rpt
    from {{ ref('fct_journal_lines') }}
    where account_type = 'variable_selling_expense'
),

expected as (
    select
        month_on,
        entity_id,
        sum(net_rpt) as net_rpt,
        sum(cost_rpt) as cost_rpt,
        sum(margin_rpt) as margin_rpt,
        sum(variable_selling_rpt) as variable_selling_rpt
    from sources
    group by month_on, entity_id
)

select
    expected.*,
    margins.net_rpt as mart_net_rpt,
    margins.cost_rpt as mart_cost_rpt,
    margins.margin_rpt as mart_margin_rpt,
    margins.variable_selling_rpt as mart_variable_selling_rpt
from expected
left join margins
    on
        expected.month_on = margins.month_on
        and expected.entity_id = margins.entity_id
where
    expected.net_rpt <> coalesce(margins.net_rpt, 0)
    or expected.cost_rpt <> coalesce(margins.cost_rpt, 0)
    or expected.margin_rpt <> coalesce(margins.margin_rpt, 0)
    or expected.variable_selling_rpt <> coalesce(margins.variable_selling_rpt, 0)
