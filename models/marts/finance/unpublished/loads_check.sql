-- One row per month of reading and kind of total (rows, money): what a source's files held was loaded, quarantined or
-- superseded. The difference adds up what each batch and column is out by, so that two faults never cancel out.
with batches as (select * from {{ source('raw', 'batch') }} where status = 'loaded'),

control_totals as (select * from {{ source('raw', 'batch_control_total') }}),

row_totals as (
    select
        'rows read' as left_label,
        {{ month_of('read_at') }} as period_on,
        rows_in as total_in,
        rows_loaded + rows_superseded as total_kept,
        rows_quarantined as total_quarantined
    from batches
),

money_totals as (
    select
        'money read' as left_label,
        {{ month_of('batches.read_at') }} as period_on,
        control_totals.total_in,
        control_totals.total_loaded + coalesce(control_totals.total_superseded, 0) as total_kept,
        control_totals.total_quarantined
    from control_totals
    inner join batches
        on
            control_totals.batch_id = batches.batch_id
            and control_totals.source_system = batches.source_system
            and control_totals.entity = batches.entity
),

every_total as (
    select left_label, period_on, total_in, total_kept, total_quarantined from row_totals
    union all
    select left_label, period_on, total_in, total_kept, total_quarantined from money_totals
)

select
    'loads_are_complete' as check_name,
    null as entity_id,
    period_on,
    null as currency,
    left_label,
    sum(total_in) as left_local,
    'loaded and superseded' as right_label,
    sum(total_kept) as right_local,
    sum(total_quarantined) as quarantined_local,
    0 as held_local,
    sum(abs(total_in - total_kept - total_quarantined)) as difference_local,
    true as is_covered
from every_total
group by left_label, period_on
