-- One row per month and segment: what winning customers cost, and how many were won (first invoice of the party).
-- The cost of a month is the mean of the L months before it, L being the median time from lead to win in whole months: the money that
-- won this month's customers was spent then. It is shared out by the deals opened in those months: by segment, and between new
-- customers (deal type new_business or unknown) and existing ones. Months whose window begins before the ledger are left out.
with journal_lines as (select * from {{ ref('fct_journal_lines') }}),

departments as (select * from {{ ref('int_departments') }}),

department_functions as (select * from {{ ref('department_functions') }}),

deals as (select * from {{ ref('fct_deals') }}),

leads as (select * from {{ ref('fct_leads') }}),

customer_value as (select * from {{ ref('fct_customer_value') }}),

party_profiles as (select * from {{ ref('int_party_profiles') }}),

dates as (select * from {{ ref('dim_dates') }}),

run_context as (select * from {{ ref('int_run_context') }}),

selling_departments as (
    select distinct departments.department_code
    from departments
    inner join department_functions
        on
            lower(trim(departments.name)) = department_functions.department
            or lower(departments.department_code) = department_functions.department
    where department_functions.function in ('sales', 'marketing')
),

ledger_costs as (
    select
        journal_lines.month_on,
        sum(journal_lines.debit_rpt - journal_lines.credit_rpt) as cost_rpt
    from journal_lines
    left join selling_departments
        on journal_lines.department_code = selling_departments.department_code
    where {{ is_acquisition_cost() }}
    group by journal_lines.month_on
),

ledger_starts as (select min(month_on) as first_month_on from journal_lines),

lead_starts as (
    select
        deal_id,
        min(created_on) as created_on
    from leads
    where deal_id is not null
    group by deal_id
),

lags as (
    select greatest(1, least(12, cast(round(coalesce(median(days), 0) / 30.4375) as integer))) as lag_months
    from (
        select
            {{ dbt.datediff('least(deals.created_on, coalesce(lead_starts.created_on, deals.created_on))', 'deals.closed_on', 'day') }}
                as days
        from deals
        left join lead_starts
            on deals.deal_id = lead_starts.deal_id
        where deals.is_won
    ) as cycles
),

months as (
    select distinct
        dates.month_on,
        lags.lag_months
    from dates
    cross join run_context
    cross join ledger_starts
    cross join lags
    where
        dates.month_on <= run_context.as_of
        and dates.month_on >= cast({{ dbt.dateadd('month', 'lags.lag_months', 'ledger_starts.first_month_on') }} as date)
),

window_costs as (
    select
        months.month_on,
        months.lag_months,
        {{ money('coalesce(sum(ledger_costs.cost_rpt), 0) / months.lag_months') }} as cost_rpt
    from months
    left join ledger_costs
        on
            months.month_on > ledger_costs.month_on
            and ledger_costs.month_on >= cast({{ dbt.dateadd('month', '-months.lag_months', 'months.month_on') }} as date)
    group by months.month_on, months.lag_months
),

deal_months as (
    select
        {{ month_of('deals.created_on') }} as month_on,
        coalesce(party_profiles.segment, 'unknown') as segment,
        coalesce(deals.deal_type, 'new_business') = 'new_business' as is_new_business,
        count(*) as deals_count
    from deals
    left join party_profiles
        on deals.party_id = party_profiles.party_id
    group by
        {{ month_of('deals.created_on') }}, coalesce(party_profiles.segment, 'unknown'),
        coalesce(deals.deal_type, 'new_business') = 'new_business'
),

efforts as (
    select
        window_costs.month_on,
        deal_months.segment,
        deal_months.is_new_business,
        sum(deal_months.deals_count) as deals_count
    from window_costs
    inner join deal_months
        on
            window_costs.month_on > deal_months.month_on
            and deal_months.month_on >= cast({{ dbt.dateadd('month', '-window_costs.lag_months', 'window_costs.month_on') }} as date)
    group by window_costs.month_on, deal_months.segment, deal_months.is_new_business
    union all
    -- A window without a single deal: the cost stands alone.
    select
        window_costs.month_on,
        'unallocated' as segment,
        true as is_new_business,
        1 as deals_count
    from window_costs
    where not exists (
        select 1
        from deal_months
        where
            deal_months.month_on < window_costs.month_on
            and deal_months.month_on >= cast({{ dbt.dateadd('month', '-window_costs.lag_months', 'window_costs.month_on') }} as date)
    )
),

shares as (
    select
        efforts.month_on,
        efforts.segment,
        efforts.is_new_business,
        window_costs.cost_rpt,
        {{ money('window_costs.cost_rpt * efforts.deals_count / sum(efforts.deals_count) over (partition by efforts.month_on)') }}
            as share_rpt,
        row_number() over (
            partition by efforts.month_on order by efforts.deals_count desc, efforts.segment asc, efforts.is_new_business asc
        ) as place
    from efforts
    inner join window_costs
        on efforts.month_on = window_costs.month_on
),

-- The cents that rounding leaves over go to the largest share, so that the shares add up to the ledger.
allocated as (
    select
        month_on,
        segment,
        is_new_business,
        share_rpt + case
            when place = 1 then cost_rpt - sum(share_rpt) over (partition by month_on) else 0
        end as cost_rpt
    from shares
),

segment_costs as (
    select
        month_on,
        segment,
        sum(cost_rpt) as sales_and_marketing_rpt,
        sum(case when is_new_business then cost_rpt else 0 end) as cost_rpt
    from allocated
    group by month_on, segment
),

acquired as (
    select
        first_month_on as month_on,
        segment,
        count(*) as new_customers_count,
        sum(expected_margin_rpt) as expected_margin_rpt
    from customer_value
    where method = 'cohort_margin'
    group by first_month_on, segment
),

covered_acquired as (
    select
        acquired.month_on,
        acquired.segment,
        acquired.new_customers_count,
        acquired.expected_margin_rpt
    from acquired
    inner join months
        on acquired.month_on = months.month_on
),

members as (
    select
        month_on,
        segment
    from segment_costs
    union
    select
        month_on,
        segment
    from covered_acquired
),

final as (
    select
        members.month_on,
        members.segment,
        cast(months.lag_months as integer) as lag_months,
        {{ money('coalesce(segment_costs.sales_and_marketing_rpt, 0)') }} as sales_and_marketing_rpt,
        {{ money('coalesce(segment_costs.sales_and_marketing_rpt - segment_costs.cost_rpt, 0)') }} as existing_customers_rpt,
        {{ money('coalesce(segment_costs.cost_rpt, 0)') }} as cost_rpt,
        cast(coalesce(covered_acquired.new_customers_count, 0) as integer) as new_customers_count,
        case
            when covered_acquired.new_customers_count is null then cast(0 as decimal(18, 2))
            else {{ money('covered_acquired.expected_margin_rpt') }}
        end as expected_margin_rpt,
        {{ money('coalesce(segment_costs.cost_rpt, 0) / nullif(covered_acquired.new_customers_count, 0)') }}
            as customer_acquisition_cost_rpt
    from members
    inner join months
        on members.month_on = months.month_on
    left join segment_costs
        on members.month_on = segment_costs.month_on and members.segment = segment_costs.segment
    left join covered_acquired
        on members.month_on = covered_acquired.month_on and members.segment = covered_acquired.segment
)

select * from final
