-- One row per comparison (previous_month, previous_year, trailing_year), month, entity, customer, item and currency that has
-- invoice lines in either period: why revenue and margin are not what they were. Leaves out sales within the group.
-- trailing_year compares the twelve months up to the as-of month with the twelve before; it has that one month. A month
-- without a base period on record has no comparison, or everything in it would be new.
-- The hook answers the same for any two periods.
{{ config(post_hook=[
    "{{ publish_table_macro("
    ~ "this, 'margin_bridge_between', margin_bridge_between(), 'base_from, base_to, current_from, current_to') }}",
]) }}

with invoice_lines as (
    select * from {{ ref('fct_invoice_lines') }} where not is_intercompany
),

run_context as (select * from {{ ref('int_run_context') }}),

monthly as (
    select
        month_on,
        entity_id,
        customer_id,
        item_id,
        item_type,
        currency,
        {{ bridge_sums('one', 'true') }}
    from invoice_lines
    group by month_on, entity_id, customer_id, item_id, item_type, currency
),

first_months as (
    select
        entity_id,
        min(month_on) as first_month_on
    from monthly
    group by entity_id
),

as_of_month as (
    select {{ month_of('as_of') }} as as_of_month_on
    from run_context
),

-- Which month each month's sums are compared in, and on which side.
comparisons as (
    select comparisons.comparison, comparisons.is_base, comparisons.months_later
    from (
        values
        ('previous_month', false, 0), ('previous_month', true, 1),
        ('previous_year', false, 0), ('previous_year', true, 12)
    ) as comparisons (comparison, is_base, months_later)
),

sides as (
    select
        comparisons.comparison,
        comparisons.is_base,
        cast({{ dbt.dateadd('month', 'comparisons.months_later', 'monthly.month_on') }} as date) as compared_on,
        monthly.*
    from monthly
    cross join comparisons
    union all
    select
        'trailing_year' as comparison,
        monthly.month_on <= cast({{ dbt.dateadd('month', -12, 'as_of_month.as_of_month_on') }} as date) as is_base,
        as_of_month.as_of_month_on as compared_on,
        monthly.*
    from monthly
    cross join as_of_month
    where monthly.month_on > cast({{ dbt.dateadd('month', -24, 'as_of_month.as_of_month_on') }} as date)
),

pairs as (
    select
        sides.comparison,
        sides.compared_on as month_on,
        sides.entity_id,
        sides.customer_id,
        sides.item_id,
        sides.item_type,
        sides.currency,
        {{ bridge_totals('base', 'sides.is_base') }},
        {{ bridge_totals('current', 'not sides.is_base') }}
    from sides
    inner join first_months on sides.entity_id = first_months.entity_id
    cross join as_of_month
    where
        sides.compared_on <= as_of_month.as_of_month_on
        and first_months.first_month_on <= cast(
            case sides.comparison
                when 'previous_month' then {{ dbt.dateadd('month', -1, 'sides.compared_on') }}
                when 'previous_year' then {{ dbt.dateadd('month', -12, 'sides.compared_on') }}
                else {{ dbt.dateadd('month', -23, 'sides.compared_on') }}
            end as date
        )
    group by
        sides.comparison, sides.compared_on, sides.entity_id, sides.customer_id, sides.item_id, sides.item_type, sides.currency
),

{{ bridge_effects(
    ['comparison', 'month_on', 'entity_id', 'customer_id', 'item_id', 'item_type', 'currency'],
    ['comparison', 'month_on']
) }}

select
    comparison,
    month_on,
    entity_id,
    customer_id,
    item_id,
    item_type,
    currency,
    kind,
    {{ bridge_columns() }}
from bridge
