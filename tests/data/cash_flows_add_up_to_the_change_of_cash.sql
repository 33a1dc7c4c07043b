-- A returned row is an entity's month whose cash flow statement, by one of its methods, does not explain what happened to
-- cash, or in which the methods differ in a class, to the cent, in both currencies. Ledgers whose journals do not balance are
-- left to the check cash_flow_ties_to_cash.
with flows as (
    select
        method,
        entity_id,
        period_on,
        sum(amount_local) as flow_local,
        sum(amount_rpt) as flow_rpt
    from {{ ref('cash_flow_statement') }}
    group by method, entity_id, period_on
),

by_class as (
    select
        entity_id,
        period_on,
        cash_flow_class,
        sum(case method when 'direct' then amount_local else -amount_local end) as difference_local,
        sum(case method when 'direct' then amount_rpt else -amount_rpt end) as difference_rpt
    from {{ ref('cash_flow_statement') }}
    where entity_id in (select entity_id from {{ ref('cash_flow_statement') }} where method = 'direct')
    group by entity_id, period_on, cash_flow_class
),

unbalanced as (
    select distinct entity_id
    from {{ ref('int_journal_remainders') }}
    where difference_local <> 0
),

methods as (
    select distinct
        method,
        entity_id
    from flows
),

cash as (
    select
        entity_id,
        period_on,
        sum(balance_local) as balance_local,
        sum(balance_rpt) as balance_rpt
    from {{ ref('balance_sheet') }}
    where statement_line in ('Cash and bank', 'Cash in transit')
    group by entity_id, period_on
),

changes as (
    select
        entity_id,
        period_on,
        balance_local - coalesce(lag(balance_local) over (partition by entity_id order by period_on), 0) as change_local,
        balance_rpt - coalesce(lag(balance_rpt) over (partition by entity_id order by period_on), 0) as change_rpt
    from cash
)

select
    changes.entity_id,
    changes.period_on,
    changes.change_local,
    changes.change_rpt,
    methods.method,
    flows.flow_local,
    flows.flow_rpt
from changes
inner join methods on changes.entity_id = methods.entity_id
left join flows
    on
        methods.method = flows.method
        and changes.entity_id = flows.entity_id
        and changes.period_on = flows.period_on
left join unbalanced on changes.entity_id = unbalanced.entity_id
where
    unbalanced.entity_id is null
    and (
        changes.change_local <> coalesce(flows.flow_local, 0)
        or changes.change_rpt <> coalesce(flows.flow_rpt, 0)
    )
union all
select
    by_class.entity_id,
    by_class.period_on,
    by_class.difference_local as change_local,
    by_class.difference_rpt as change_rpt,
    'direct less indirect, ' || by_class.cash_flow_class as method,
    0 as flow_local,
    0 as flow_rpt
from by_class
left join unbalanced on by_class.entity_id = unbalanced.entity_id
where
    unbalanced.entity_id is null
    and (by_class.difference_local <> 0 or by_class.difference_rpt <> 0)
