-- One row per landed batch and money column: what the file added up to and what became of it.
with totals as (select * from {{ source('raw', 'batch_control_total') }}),

batches as (select * from {{ source('raw', 'batch') }} where status = 'loaded'),

final as (
    select
        totals.batch_id,
        totals.source_system,
        totals.entity,
        batches.file_name,
        totals.column_name,
        cast(totals.total_in as decimal(38, 6)) as total_in,
        cast(totals.total_loaded as decimal(38, 6)) as total_loaded,
        cast(totals.total_quarantined as decimal(38, 6)) as total_quarantined,
        cast(coalesce(totals.total_superseded, 0) as decimal(38, 6)) as total_superseded,
        cast(
            totals.total_in - totals.total_loaded - totals.total_quarantined - coalesce(totals.total_superseded, 0)
            as decimal(38, 6)
        ) as difference,
        totals.unparsed_rows
    from totals
    inner join batches
        on
            totals.batch_id = batches.batch_id
            and totals.source_system = batches.source_system
            and totals.entity = batches.entity
)

select * from final
