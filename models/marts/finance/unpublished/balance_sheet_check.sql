-- One row per entity and month: assets are liabilities and equity. Balances on unclassified accounts are held: they are
-- on neither side until their account has a type.
with sheet as (select * from {{ ref('balance_sheet') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

sides as (
    select
        entity_id,
        period_on,
        sum(case when class = 'asset' then balance_local else 0 end) as assets_local,
        sum(case when class in ('liability', 'equity') then balance_local else 0 end) as claims_local,
        sum(case when class = 'unclassified' then balance_local else 0 end) as unclassified_local
    from sheet
    group by entity_id, period_on
)

select
    'balance_sheet_balances' as check_name,
    sides.entity_id,
    sides.period_on,
    entities.currency,
    'assets' as left_label,
    sides.assets_local as left_local,
    'liabilities and equity' as right_label,
    sides.claims_local as right_local,
    0 as quarantined_local,
    -sides.unclassified_local as held_local,
    sides.assets_local - sides.claims_local + sides.unclassified_local as difference_local,
    true as is_covered
from sides
inner join entities on sides.entity_id = entities.entity_id
