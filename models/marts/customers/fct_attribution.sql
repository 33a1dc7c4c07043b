-- One row per model, won deal and touch that led to it: the weight of the touch. The weights of a deal sum to one, its amounts to the
-- deal's. A touch counts when it reached the deal's account, or answered the lead that became the deal, in the 180 days up to the day
-- the deal was won. Models: first, last, linear (equal parts), position (40 % first, 40 % last, 20 % between; two share equally). A deal
-- without a touch has one row, channel no_touch. What touches did, nobody knows without a hold-out: weights share out, they prove nothing.
with deals as (select * from {{ ref('fct_deals') }} where is_won),

touches as (select * from {{ ref('int_touches') }}),

leads as (select * from {{ ref('int_leads') }}),

campaigns as (select * from {{ ref('int_campaigns') }}),

models as (
    select kinds.model
    from (values ('first'), ('last'), ('linear'), ('position')) as kinds (model)
),

candidates as (
    {{ touches_of_deals() }}
),

touched as (
    select
        candidates.deal_id,
        candidates.touch_id,
        touches.campaign_id,
        coalesce(campaigns.channel, touches.channel, 'unknown') as channel,
        touches.touched_at,
        row_number() over (partition by candidates.deal_id order by touches.touched_at, candidates.touch_id) as place,
        count(*) over (partition by candidates.deal_id) as touches_count
    from candidates
    inner join deals
        on candidates.deal_id = deals.deal_id
    inner join touches
        on candidates.touch_id = touches.touch_id
    left join campaigns
        on touches.campaign_id = campaigns.campaign_id
    where
        cast(touches.touched_at as date) <= deals.closed_on
        and cast(touches.touched_at as date) >= cast({{ dbt.dateadd('day', -180, 'deals.closed_on') }} as date)
),

weighed as (
    select
        models.model,
        touched.*,
        case
            when models.model = 'first' then cast(case when touched.place = 1 then 1 else 0 end as decimal(9, 6))
            when models.model = 'last' then cast(case when touched.place = touched.touches_count then 1 else 0 end as decimal(9, 6))
            when models.model = 'linear' or touched.touches_count <= 2 then cast(1.0 / touched.touches_count as decimal(9, 6))
            when touched.place = 1 or touched.place = touched.touches_count then cast(0.4 as decimal(9, 6))
            else cast(0.2 / (touched.touches_count - 2) as decimal(9, 6))
        end as rounded_ratio
    from touched
    cross join models
),

-- The last touch takes what rounding leaves over.
exact as (
    select
        model,
        deal_id,
        touch_id,
        campaign_id,
        channel,
        touched_at,
        place,
        touches_count,
        cast(
            case
                when place = touches_count then 1 - (sum(rounded_ratio) over (partition by model, deal_id) - rounded_ratio)
                else rounded_ratio
            end as decimal(9, 6)
        ) as weight_ratio
    from weighed
    union all
    select
        models.model,
        deals.deal_id,
        'none' as touch_id,
        null as campaign_id,
        'no_touch' as channel,
        null as touched_at,
        1 as place,
        0 as touches_count,
        cast(1 as decimal(9, 6)) as weight_ratio
    from deals
    cross join models
    left join touched
        on deals.deal_id = touched.deal_id
    where touched.deal_id is null
),

valued as (
    select
        exact.*,
        {{ money('cast(deals.amount_rpt as decimal(28, 2)) * exact.weight_ratio') }} as rounded_rpt
    from exact
    inner join deals
        on exact.deal_id = deals.deal_id
),

final as (
    select
        valued.model,
        valued.deal_id,
        valued.touch_id,
        valued.campaign_id,
        valued.channel,
        valued.touched_at,
        cast(valued.place as integer) as touch_no,
        cast(valued.touches_count as integer) as touches_count,
        valued.weight_ratio,
        deals.party_id,
        deals.region,
        deals.segment,
        deals.deal_type,
        deals.closed_on,
        deals.amount_rpt,
        {{ money(
            'case when valued.place = greatest(valued.touches_count, 1) then deals.amount_rpt'
            ~ ' - (sum(valued.rounded_rpt) over (partition by valued.model, valued.deal_id) - valued.rounded_rpt)'
            ~ ' else valued.rounded_rpt end'
        ) }} as attributed_rpt
    from valued
    inner join deals
        on valued.deal_id = deals.deal_id
)

select * from final
