-- One row per overdue instalment of a customer invoice, as of the as-of day: who is to be called about what, and which step
-- of the dunning policy (seeds/reference/dunning_levels.csv) is due by its age. Cash and credits of the customer that are
-- not applied yet are shown beside it: they may be the payment. What is in dispute has no step: it is to be settled, not
-- dunned. Group companies are left out.
with receivable_items as (select * from {{ ref('fct_receivable_items') }} where not is_intercompany),

dunning_levels as (
    select
        *,
        lead(from_days_overdue) over (order by from_days_overdue) as next_from_days_overdue
    from {{ ref('dunning_levels') }}
),

run_context as (select * from {{ ref('int_run_context') }}),

customers_owing as (
    select
        entity_id,
        customer_id,
        {{ money('sum(case when days_overdue > 0 then open_local else 0 end)') }} as customer_overdue_local,
        {{ money("sum(case when document_type <> 'invoice' then open_local else 0 end)") }} as customer_unapplied_local
    from receivable_items
    where open_local <> 0
    group by entity_id, customer_id
),

-- How late the customer usually is, by amount: a bill that its customer always pays in week three needs no call in week two.
habits as (
    select
        receivable_items.entity_id,
        receivable_items.customer_id,
        {{ ratio(
            'sum(' ~ dbt.datediff('receivable_items.due_on', 'receivable_items.settled_on', 'day')
            ~ ' * receivable_items.gross_local)',
            'sum(receivable_items.gross_local)'
        ) }} as customer_mean_days_late
    from receivable_items
    cross join run_context
    where
        receivable_items.document_type = 'invoice'
        and coalesce(receivable_items.disputed_on > receivable_items.settled_on, true)
        and receivable_items.settled_on > cast({{ dbt.dateadd('day', -365, 'run_context.as_of') }} as date)
    group by receivable_items.entity_id, receivable_items.customer_id
)

select
    receivable_items.entity_id,
    receivable_items.customer_id,
    receivable_items.document_id,
    receivable_items.instalment_no,
    receivable_items.invoiced_on,
    receivable_items.due_on,
    receivable_items.days_overdue,
    receivable_items.bucket,
    dunning_levels.dunning_level,
    dunning_levels.name as dunning_name,
    receivable_items.currency,
    receivable_items.open_local,
    receivable_items.open_rpt,
    customers_owing.customer_overdue_local,
    customers_owing.customer_unapplied_local,
    habits.customer_mean_days_late,
    receivable_items.source_system,
    receivable_items.source_id,
    receivable_items.is_disputed,
    receivable_items.disputed_on
from receivable_items
inner join customers_owing
    on
        receivable_items.entity_id = customers_owing.entity_id
        and receivable_items.customer_id = customers_owing.customer_id
left join habits
    on
        receivable_items.entity_id = habits.entity_id
        and receivable_items.customer_id = habits.customer_id
left join dunning_levels
    on
        not receivable_items.is_disputed
        and receivable_items.days_overdue >= dunning_levels.from_days_overdue
        and (
            dunning_levels.next_from_days_overdue is null
            or receivable_items.days_overdue < dunning_levels.next_from_days_overdue
        )
where
    receivable_items.document_type = 'invoice'
    and receivable_items.open_local > 0
    and receivable_items.days_overdue > 0
