-- A returned row is an entity's month whose margins are not its invoice lines, intercompany left out, and the variable
-- selling and operating expenses of its ledger, shared out or unallocated.
with margins as (
    select
        month_on,
        entity_id,
        sum(net_rpt) as net_rpt,
        sum(cost_rpt) as cost_rpt,
        sum(margin_rpt) as margin_rpt,
        sum(variable_selling_rpt) as variable_selling_rpt,
        sum(operating_rpt) as operating_rpt,
        sum(operating_margin_rpt) as operating_margin_rpt
    from {{ ref('fct_margins_monthly') }}
    group by month_on, entity_id
),

account_types as (select * from {{ ref('account_types') }}),

journal_lines as (select * from {{ ref('fct_journal_lines') }}),

sources as (
    select
        month_on, entity_id, net_rpt, coalesce(cost_rpt, 0) as cost_rpt, coalesce(margin_rpt, 0) as margin_rpt,
        0 as variable_selling_rpt, 0 as operating_rpt
    from {{ ref('fct_invoice_lines') }}
    where not is_intercompany
    union all
    select
        journal_lines.month_on, journal_lines.entity_id, 0 as net_rpt, 0 as cost_rpt, 0 as margin_rpt,
        case
            when account_types.margin_level = 'variable_selling' then journal_lines.debit_rpt - journal_lines.credit_rpt
            else 0
        end as variable_selling_rpt,
        case when account_types.margin_level = 'operating' then journal_lines.debit_rpt - journal_lines.credit_rpt else 0 end
            as operating_rpt
    from journal_lines
    inner join account_types on journal_lines.account_type = account_types.account_type
    where
        account_types.margin_level in ('variable_selling', 'operating')
        and journal_lines.entry_type is distinct from 'closing'
),

expected as (
    select
        month_on,
        entity_id,
        sum(net_rpt) as net_rpt,
        sum(cost_rpt) as cost_rpt,
        sum(margin_rpt) as margin_rpt,
        sum(variable_selling_rpt) as variable_selling_rpt,
        sum(operating_rpt) as operating_rpt
    from sources
    group by month_on, entity_id
)

select
    expected.*,
    margins.net_rpt as mart_net_rpt,
    margins.cost_rpt as mart_cost_rpt,
    margins.margin_rpt as mart_margin_rpt,
    margins.variable_selling_rpt as mart_variable_selling_rpt,
    margins.operating_rpt as mart_operating_rpt
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
    or expected.operating_rpt <> coalesce(margins.operating_rpt, 0)
    or expected.margin_rpt - expected.variable_selling_rpt - expected.operating_rpt
    <> coalesce(margins.operating_margin_rpt, 0)
