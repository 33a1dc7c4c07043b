-- One row per party and ended month from its first recurring revenue on: monthly recurring revenue on the month's last day and how it
-- came from the month before's. opening + new + expansion + contraction + churn + reactivation = closing. All items of a party
-- together, so a change of plan is no churn; one exchange rate for all months, so a currency is no expansion.
with recurring_lines as (select * from {{ ref('int_recurring_lines') }}),

dates as (select * from {{ ref('dim_dates') }}),

run_context as (select * from {{ ref('int_run_context') }}),

party_profiles as (select * from {{ ref('int_party_profiles') }}),

months as (
    select distinct
        dates.month_on,
        cast({{ dbt.last_day('dates.month_on', 'month') }} as date) as month_end_on
    from dates
    cross join run_context
    where cast({{ dbt.last_day('dates.month_on', 'month') }} as date) <= run_context.as_of
),

running as (
    select
        recurring_lines.party_id,
        months.month_on,
        sum(recurring_lines.monthly_rpt) as closing_rpt
    from recurring_lines
    inner join months
        on
            recurring_lines.started_on <= months.month_end_on
            and coalesce(recurring_lines.ended_on >= months.month_end_on, true)
    where recurring_lines.monthly_rpt > 0
    group by recurring_lines.party_id, months.month_on
),

firsts as (
    select
        party_id,
        min(month_on) as first_month_on
    from running
    group by party_id
),

spine as (
    select
        firsts.party_id,
        firsts.first_month_on,
        months.month_on
    from firsts
    inner join months
        on firsts.first_month_on <= months.month_on
),

levels as (
    select
        spine.party_id,
        spine.first_month_on,
        spine.month_on,
        coalesce(running.closing_rpt, 0) as closing_rpt,
        lag(coalesce(running.closing_rpt, 0), 1, 0) over (partition by spine.party_id order by spine.month_on) as opening_rpt
    from spine
    left join running
        on spine.party_id = running.party_id and spine.month_on = running.month_on
),

changes as (
    select
        *,
        closing_rpt - opening_rpt as change_rpt
    from levels
),

final as (
    select
        changes.party_id,
        changes.month_on,
        coalesce(party_profiles.region, 'unknown') as region,
        party_profiles.segment,
        {{ money('changes.opening_rpt') }} as opening_rpt,
        {{ money('case when changes.month_on = changes.first_month_on then changes.closing_rpt else 0 end') }} as new_rpt,
        {{ money('case when changes.opening_rpt > 0 and changes.change_rpt > 0 then changes.change_rpt else 0 end') }} as expansion_rpt,
        {{ money('case when changes.closing_rpt > 0 and changes.change_rpt < 0 then changes.change_rpt else 0 end') }} as contraction_rpt,
        {{ money('case when changes.opening_rpt > 0 and changes.closing_rpt = 0 then -changes.opening_rpt else 0 end') }} as churn_rpt,
        {{ money('case when changes.opening_rpt = 0 and changes.month_on > changes.first_month_on then changes.closing_rpt else 0 end') }}
            as reactivation_rpt,
        {{ money('changes.closing_rpt') }} as closing_rpt
    from changes
    inner join party_profiles
        on changes.party_id = party_profiles.party_id
)

select * from final
