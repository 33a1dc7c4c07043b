-- A returned row is a won deal whose weights do not sum to one in a model, or whose amounts do not sum to the deal's; or that a model
-- leaves out.
with weights as (
    select
        model,
        deal_id,
        sum(weight_ratio) as weight_ratio,
        sum(attributed_rpt) as attributed_rpt
    from {{ ref('fct_attribution') }}
    group by model, deal_id
),

models as (
    select kinds.model
    from (values ('first'), ('last'), ('linear'), ('position')) as kinds (model)
),

won as (
    select
        models.model,
        deals.deal_id,
        deals.amount_rpt
    from {{ ref('fct_deals') }} as deals
    cross join models
    where deals.is_won
)

select
    won.model,
    won.deal_id,
    won.amount_rpt,
    weights.weight_ratio,
    weights.attributed_rpt
from won
left join weights
    on won.model = weights.model and won.deal_id = weights.deal_id
where
    coalesce(weights.weight_ratio, 0) <> 1
    or coalesce(won.amount_rpt, 0) <> coalesce(weights.attributed_rpt, 0)
