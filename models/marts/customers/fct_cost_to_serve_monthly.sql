-- One row per party and month with revenue, a ticket, a return or money overdue: contribution margin less what serving it cost.
-- Unit costs are those of seeds/reference/service_rates.csv for the month: an hour of support, a credit note, a year of money
-- overdue. An instalment is financed in full from the day after it is due to the day it is settled. Intercompany is left out.
with customer_months as (select * from {{ ref('fct_customer_months') }}),

tickets as (select * from {{ ref('fct_tickets') }}),

invoice_lines as (select * from {{ ref('fct_invoice_lines') }}),

receivable_items as (select * from {{ ref('fct_receivable_items') }}),

party_customers as (select * from {{ ref('int_party_customers') }}),

party_profiles as (select * from {{ ref('int_party_profiles') }}),

dates as (select * from {{ ref('dim_dates') }}),

run_context as (select * from {{ ref('int_run_context') }}),

rates as (
    select
        *,
        lead(valid_from_on) over (order by valid_from_on) as next_from_on
    from {{ ref('service_rates') }}
),

months as (
    select distinct
        dates.month_on,
        least(cast({{ dbt.last_day('dates.month_on', 'month') }} as date), run_context.as_of) as end_on
    from dates
    cross join run_context
    where dates.month_on <= run_context.as_of
),

margin_months as (
    select
        party_id,
        month_on,
        sum(net_rpt) as net_rpt,
        sum(contribution_rpt) as contribution_rpt
    from customer_months
    group by party_id, month_on
),

ticket_months as (
    select
        party_id,
        month_on,
        count(*) as tickets_count,
        sum(coalesce(handling_minutes, 0)) as handling_minutes,
        sum(case when is_sla_breached then 1 else 0 end) as sla_breached_count
    from tickets
    where party_id is not null
    group by party_id, month_on
),

return_months as (
    select
        party_customers.party_id,
        invoice_lines.month_on,
        count(distinct invoice_lines.document_id) as returns_count
    from invoice_lines
    inner join party_customers
        on invoice_lines.customer_id = party_customers.customer_id
    where invoice_lines.document_type = 'credit_note' and not invoice_lines.is_intercompany
    group by party_customers.party_id, invoice_lines.month_on
),

overdue_months as (
    select
        party_customers.party_id,
        months.month_on,
        sum(
            cast(receivable_items.gross_rpt as double)
            * ({{ dbt.datediff(
                "greatest(receivable_items.due_on, cast(" ~ dbt.dateadd('day', -1, 'months.month_on') ~ " as date))",
                'least(coalesce(receivable_items.settled_on, months.end_on), months.end_on)', 'day'
            ) }})
        ) as overdue_rpt_days
    from receivable_items
    inner join party_customers
        on receivable_items.customer_id = party_customers.customer_id
    inner join months
        on
            receivable_items.due_on < months.end_on
            and (receivable_items.settled_on is null or receivable_items.settled_on >= months.month_on)
            and (receivable_items.settled_on is null or receivable_items.settled_on > receivable_items.due_on)
    where receivable_items.document_type = 'invoice' and not receivable_items.is_intercompany and receivable_items.gross_rpt is not null
    group by party_customers.party_id, months.month_on
),

members as (
    select party_id, month_on from margin_months
    union
    select party_id, month_on from ticket_months
    union
    select party_id, month_on from return_months
    union
    select party_id, month_on from overdue_months
),

costed as (
    select
        members.party_id,
        members.month_on,
        coalesce(margin_months.net_rpt, 0) as net_rpt,
        coalesce(margin_months.contribution_rpt, 0) as contribution_rpt,
        coalesce(ticket_months.tickets_count, 0) as tickets_count,
        coalesce(ticket_months.handling_minutes, 0) as handling_minutes,
        coalesce(ticket_months.sla_breached_count, 0) as sla_breached_count,
        coalesce(return_months.returns_count, 0) as returns_count,
        {{ money('coalesce(ticket_months.handling_minutes, 0) * rates.support_hour_rpt / 60') }} as support_cost_rpt,
        {{ money('coalesce(return_months.returns_count, 0) * rates.return_rpt') }} as return_cost_rpt,
        {{ money('coalesce(overdue_months.overdue_rpt_days, 0) * rates.financing_ratio / 365') }} as financing_cost_rpt
    from members
    left join rates
        on members.month_on >= rates.valid_from_on and (rates.next_from_on is null or members.month_on < rates.next_from_on)
    left join margin_months
        on members.party_id = margin_months.party_id and members.month_on = margin_months.month_on
    left join ticket_months
        on members.party_id = ticket_months.party_id and members.month_on = ticket_months.month_on
    left join return_months
        on members.party_id = return_months.party_id and members.month_on = return_months.month_on
    left join overdue_months
        on members.party_id = overdue_months.party_id and members.month_on = overdue_months.month_on
),

final as (
    select
        costed.party_id,
        costed.month_on,
        party_profiles.name as party_name,
        party_profiles.region,
        party_profiles.segment,
        {{ money('costed.net_rpt') }} as net_rpt,
        {{ money('costed.contribution_rpt') }} as contribution_rpt,
        cast(costed.tickets_count as integer) as tickets_count,
        cast(costed.sla_breached_count as integer) as sla_breached_count,
        cast(costed.handling_minutes as integer) as handling_minutes,
        cast(costed.returns_count as integer) as returns_count,
        costed.support_cost_rpt,
        costed.return_cost_rpt,
        costed.financing_cost_rpt,
        {{ money('costed.support_cost_rpt + costed.return_cost_rpt + costed.financing_cost_rpt') }} as cost_to_serve_rpt,
        {{ money(
            money('costed.contribution_rpt') ~ ' - costed.support_cost_rpt - costed.return_cost_rpt - costed.financing_cost_rpt'
        ) }} as profit_rpt
    from costed
    inner join party_profiles
        on costed.party_id = party_profiles.party_id
)

select * from final
