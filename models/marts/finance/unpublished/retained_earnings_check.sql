-- One row per entity and month: the results that stand in equity, rolled forward from the month before, are what assets
-- leave after liabilities and all other equity. Balances on unclassified accounts are held: they are on neither side.
with rolls as (select * from {{ ref('retained_earnings_roll') }}),

balances as (select * from {{ ref('trial_balance') }}),

accounts as (select * from {{ ref('dim_accounts') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

net_assets as (
    select
        balances.entity_id,
        balances.period_on,
        sum(case when accounts.statement = 'balance_sheet' then balances.closing_local else 0 end) as net_assets_local,
        sum(case when accounts.statement = 'unclassified' then balances.closing_local else 0 end) as unclassified_local
    from balances
    inner join accounts on balances.account_id = accounts.account_id
    where
        accounts.account_type not in ('retained_earnings', 'current_earnings')
        and accounts.statement <> 'profit_and_loss'
    group by balances.entity_id, balances.period_on
)

select
    'profit_rolls_to_retained_earnings' as check_name,
    rolls.entity_id,
    rolls.period_on,
    entities.currency,
    'opening results, result of the month and entries' as left_label,
    rolls.opening_local + rolls.result_local + rolls.posted_local + rolls.closing_entries_local as left_local,
    'assets less liabilities and other equity' as right_label,
    net_assets.net_assets_local as right_local,
    0 as quarantined_local,
    coalesce(net_assets.unclassified_local, 0) as held_local,
    rolls.opening_local + rolls.result_local + rolls.posted_local + rolls.closing_entries_local
    - net_assets.net_assets_local - coalesce(net_assets.unclassified_local, 0) as difference_local,
    net_assets.net_assets_local is not null as is_covered
from rolls
inner join entities on rolls.entity_id = entities.entity_id
left join net_assets
    on
        rolls.entity_id = net_assets.entity_id
        and rolls.period_on = net_assets.period_on
