-- One row per scenario, entity (`all` is the whole company) and week or month ahead: the band of the bank balance at its end, by
-- the method payment_history. Bands of entities do not add up to the band of `all`: not everything goes wrong at once.
with bands as (select * from {{ ref('int_cash_bands') }}),

methods as (select * from {{ ref('int_cash_methods') }} where method = 'payment_history')

select
    methods.method,
    bands.scenario,
    bands.entity_id,
    bands.period_kind,
    bands.period_no,
    bands.period_on,
    {{ money('bands.low') }} as p10_balance_rpt,
    {{ money('bands.middle') }} as p50_balance_rpt,
    {{ money('bands.high') }} as p90_balance_rpt,
    {{ money('bands.minimum') }} as minimum_balance_rpt,
    bands.below_minimum as below_minimum_ratio,
    bands.below_minimum_so_far as below_minimum_so_far_ratio,
    methods.is_chosen
from bands
cross join methods
