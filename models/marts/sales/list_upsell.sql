-- One row per party that can be sold more: it bought in the last year, pays on time (at most seven days late on average, nothing more
-- than 30 days overdue), has no ticket open that is urgent, high or beyond its promise, and room in its credit limit.
with rfm as (select * from {{ ref('fct_customer_rfm') }}),

customer_months as (select * from {{ ref('fct_customer_months') }}),

receivable_items as (select * from {{ ref('fct_receivable_items') }} where document_type = 'invoice' and not is_intercompany),

credit_exposure as (select * from {{ ref('fct_credit_exposure') }}),

tickets as (select * from {{ ref('fct_tickets') }}),

party_customers as (select * from {{ ref('int_party_customers') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

run_context as (select * from {{ ref('int_run_context') }}),

paying as (
    select
        party_customers.party_id,
        {{ ratio(
            'sum(case when receivable_items.settled_on > cast(' ~ dbt.dateadd('day', -365, 'run_context.as_of') ~ ' as date) then '
            ~ dbt.datediff('receivable_items.due_on', 'receivable_items.settled_on', 'day')
            ~ ' * receivable_items.gross_rpt end)',
            'sum(case when receivable_items.settled_on > cast(' ~ dbt.dateadd('day', -365, 'run_context.as_of')
            ~ ' as date) then receivable_items.gross_rpt end)'
        ) }} as mean_days_late,
        coalesce(max(case when receivable_items.open_local > 0 then receivable_items.days_overdue end), 0) as oldest_days_overdue
    from receivable_items
    inner join party_customers
        on receivable_items.customer_id = party_customers.customer_id
    cross join run_context
    group by party_customers.party_id
),

limits as (
    select
        party_customers.party_id,
        sum(case
            when entities.is_reporting_currency then credit_exposure.headroom_local
            else {{ converted('credit_exposure.headroom_local', 'reporting_rates.rate') }}
        end) as headroom_rpt,
        sum(case when credit_exposure.headroom_local is not null then credit_exposure.exposure_rpt end) as exposure_rpt,
        min(case when credit_exposure.is_complete then 1 else 0 end) = 1 as is_complete
    from credit_exposure
    inner join party_customers
        on credit_exposure.customer_id = party_customers.customer_id
    inner join entities
        on credit_exposure.entity_id = entities.entity_id
    cross join run_context
    left join reporting_rates
        on entities.currency = reporting_rates.currency and run_context.as_of = reporting_rates.rate_on
    group by party_customers.party_id
),

escalations as (
    select
        party_id,
        count(*) as open_escalations_count
    from tickets
    where is_open and (coalesce(is_sla_breached, false) or lower(priority) in ('urgent', 'high', 'critical'))
    group by party_id
),

years as (
    select
        customer_months.party_id,
        sum(customer_months.net_rpt) as net_of_year_before_rpt
    from customer_months
    cross join run_context
    where
        customer_months.month_on > cast({{ dbt.dateadd('month', -24, month_of('run_context.as_of')) }} as date)
        and customer_months.month_on <= cast({{ dbt.dateadd('month', -12, month_of('run_context.as_of')) }} as date)
    group by customer_months.party_id
),

final as (
    select
        rfm.party_id,
        rfm.party_name,
        rfm.region,
        rfm.segment,
        rfm.net_of_year_rpt,
        {{ money('coalesce(years.net_of_year_before_rpt, 0)') }} as net_of_year_before_rpt,
        rfm.margin_of_year_rpt,
        cast(paying.mean_days_late as decimal(18, 2)) as mean_days_late,
        cast(paying.oldest_days_overdue as integer) as oldest_days_overdue,
        cast(coalesce(escalations.open_escalations_count, 0) as integer) as open_escalations_count,
        {{ money('limits.headroom_rpt') }} as headroom_rpt,
        {{ money('limits.exposure_rpt') }} as exposure_rpt,
        'pays ' || cast(cast(paying.mean_days_late as decimal(18, 1)) as varchar(30)) || ' days late, '
        || cast({{ money('limits.headroom_rpt') }} as varchar(30)) || ' left in the limit, margin of the year '
        || cast(rfm.margin_of_year_rpt as varchar(30)) as reason
    from rfm
    inner join paying
        on rfm.party_id = paying.party_id
    inner join limits
        on rfm.party_id = limits.party_id
    left join escalations
        on rfm.party_id = escalations.party_id
    left join years
        on rfm.party_id = years.party_id
    where
        rfm.margin_of_year_rpt > 0
        and paying.mean_days_late <= 7
        and paying.oldest_days_overdue <= 30
        and coalesce(escalations.open_escalations_count, 0) = 0
        and limits.headroom_rpt > 0
        and limits.is_complete
)

select * from final
