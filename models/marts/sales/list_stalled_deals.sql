-- One row per open deal that has been in its stage longer than four of five won deals were (fct_deal_ageing), with by how much.
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
        stage_days,
        won_p80_days,
        cast(stage_days - won_p80_days as decimal(18, 2)) as excess_days,
        idle_days,
        push_count,
        stage_days || ' days in ' || stage || ', four of five won deals left it within '
        || cast(cast(won_p80_days as decimal(18, 0)) as varchar(30)) as reason
    from deals
    where is_stalled
)

select * from final
