-- One row per model, month and campaign (or reason why there is none): the month's cost of winning customers, and whom it won.
-- The total of a month is that of fct_acquisition_monthly: the ledger's cost of the months before, without the share of keeping
-- customers. Direct: what campaigns spent in those months, with the same share. People: the rest of the ledger's cost, shared out over
-- the month's new customers by the weights of what touched their first won deal; no_touch: their deal had no touch, no_deal: they have
-- no won deal; unallocated: a month that won nobody. A cost per customer without customers, and a direct one without spend, is null.
with acquisition as (select * from {{ ref('fct_acquisition_monthly') }}),

spend_months as (select * from {{ ref('int_campaign_spend_monthly') }}),

campaigns as (select * from {{ ref('int_campaigns') }}),

channels as (select * from {{ ref('marketing_channels') }}),

attribution as (select * from {{ ref('fct_attribution') }}),

customer_value as (select * from {{ ref('fct_customer_value') }}),

models as (
    select kinds.model
    from (values ('first'), ('last'), ('linear'), ('position')) as kinds (model)
),

months as (
    select
        month_on,
        max(lag_months) as lag_months,
        sum(sales_and_marketing_rpt) as sales_and_marketing_rpt,
        sum(cost_rpt) as cost_rpt
    from acquisition
    group by month_on
),

direct as (
    select
        months.month_on,
        spend_months.campaign_id,
        {{ money(
            'sum(cast(spend_months.spend_rpt as double)) / max(months.lag_months) * max('
            ~ ratio('months.cost_rpt', 'months.sales_and_marketing_rpt') ~ ')'
        ) }} as direct_rpt
    from months
    inner join spend_months
        on
            months.month_on > spend_months.month_on
            and spend_months.month_on >= cast({{ dbt.dateadd('month', '-months.lag_months', 'months.month_on') }} as date)
    where spend_months.spend_rpt is not null
    group by months.month_on, spend_months.campaign_id
),

new_customers as (
    select
        customer_value.party_id,
        customer_value.first_month_on as month_on
    from customer_value
    inner join months
        on customer_value.first_month_on = months.month_on
    where customer_value.method = 'cohort_margin'
),

first_deals as (
    select
        party_id,
        deal_id,
        row_number() over (partition by party_id order by closed_on, deal_id) as place
    from (select distinct party_id, deal_id, closed_on from attribution where party_id is not null) as won
),

credited as (
    select
        models.model,
        new_customers.month_on,
        coalesce(attribution.campaign_id, case when attribution.model is null then 'no_deal' else attribution.channel end) as campaign_id,
        sum(coalesce(attribution.weight_ratio, 1)) as customers
    from new_customers
    cross join models
    left join first_deals
        on new_customers.party_id = first_deals.party_id and first_deals.place = 1
    left join attribution
        on first_deals.deal_id = attribution.deal_id and models.model = attribution.model
    group by
        models.model, new_customers.month_on,
        coalesce(attribution.campaign_id, case when attribution.model is null then 'no_deal' else attribution.channel end)
),

month_totals as (
    select
        month_on,
        sum(direct_rpt) as direct_rpt
    from direct
    group by month_on
),

people as (
    select
        models.model,
        months.month_on,
        months.lag_months,
        months.cost_rpt - coalesce(month_totals.direct_rpt, 0) as people_rpt
    from months
    cross join models
    left join month_totals
        on months.month_on = month_totals.month_on
),

shares as (
    select
        people.model,
        people.month_on,
        coalesce(credited.campaign_id, 'unallocated') as campaign_id,
        people.people_rpt as total_rpt,
        {{ money(
            'case when credited.campaign_id is null then people.people_rpt else cast(people.people_rpt as double)'
            ~ ' * cast(credited.customers as double) / cast(sum(credited.customers) over (partition by people.model, people.month_on) as double) end'
        ) }} as share_rpt,
        row_number() over (
            partition by people.model, people.month_on order by credited.customers desc, credited.campaign_id asc
        ) as place
    from people
    left join credited
        on people.model = credited.model and people.month_on = credited.month_on
),

-- The cents that rounding leaves over go to the largest share, so that the campaigns sum to the total.
allocated as (
    select
        model,
        month_on,
        campaign_id,
        share_rpt + case when place = 1 then total_rpt - sum(share_rpt) over (partition by model, month_on) else 0 end as people_rpt
    from shares
),

members as (
    select model, month_on, campaign_id from allocated
    union
    select models.model, direct.month_on, direct.campaign_id
    from direct
    cross join models
),

final as (
    select
        members.model,
        members.month_on,
        members.campaign_id,
        campaigns.name as campaign_name,
        coalesce(campaigns.channel, members.campaign_id) as channel,
        coalesce(channels.is_paid, false) as is_paid,
        cast(months.lag_months as integer) as lag_months,
        direct.direct_rpt,
        {{ money('coalesce(allocated.people_rpt, 0)') }} as people_rpt,
        {{ money('coalesce(direct.direct_rpt, 0) + coalesce(allocated.people_rpt, 0)') }} as cost_rpt,
        cast(coalesce(credited.customers, 0) as decimal(18, 6)) as new_customers_weight,
        {{ money(ratio('(coalesce(direct.direct_rpt, 0) + coalesce(allocated.people_rpt, 0))', 'credited.customers')) }}
            as customer_acquisition_cost_rpt,
        {{ money(ratio('direct.direct_rpt', 'credited.customers')) }} as direct_cost_per_customer_rpt
    from members
    inner join months
        on members.month_on = months.month_on
    left join allocated
        on
            members.model = allocated.model
            and members.month_on = allocated.month_on
            and members.campaign_id = allocated.campaign_id
    left join direct
        on members.month_on = direct.month_on and members.campaign_id = direct.campaign_id
    left join credited
        on
            members.model = credited.model
            and members.month_on = credited.month_on
            and members.campaign_id = credited.campaign_id
    left join campaigns
        on members.campaign_id = campaigns.campaign_id
    left join channels
        on lower(campaigns.channel) = channels.channel
)

select * from final
