-- One row per open deal for which nobody has written down what happens next.
with deals as (select * from {{ ref('fct_deal_ageing') }}),

final as (
    select
        deal_id,
        deal_name,
        party_id,
        party_name,
        owner_id,
        owner_name,
        region,
        segment,
        stage,
        amount_rpt,
        calibrated_weighted_rpt,
        expected_close_on,
        is_past_due,
        last_activity_on,
        idle_days,
        'no next step'
        || case when idle_days is null then ', never an activity' else ', last activity ' || idle_days || ' days ago' end
        || coalesce(', expected to bring ' || cast(calibrated_weighted_rpt as varchar(30)), '') as reason
    from deals
    where next_step is null or trim(next_step) = ''
)

select * from final
