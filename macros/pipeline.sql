{#- What a deal in a stage is worth by the company's own history, and the pipeline as of any day. -#}

{#- The share won of the deals that had been in the stage, drawn towards the share of the whole pipeline as if ten more deals had
    gone that way: a stage that three deals have left says little. Null until a deal of the pipeline has closed. -#}
{% macro calibrated_probability(won, closed, pipeline_won, pipeline_closed) -%}
    cast(
        ({{ won }} + 10 * {{ ratio(pipeline_won, pipeline_closed) }}) / ({{ closed }} + 10) as decimal(9, 6)
    )
{%- endmacro %}

{#- Deals that were open on the day, as recorded then, weighted by the CRM's probability and by what had been won up to the day.
    Reads sales.fct_deal_states only. -#}
{% macro pipeline_on() -%}
    with ended as (
        select
            deal_id,
            source_system,
            pipeline,
            case when outcome = 'won' then 1 else 0 end as won
        from sales.fct_deal_states
        where outcome in ('won', 'lost') and valid_from_on <= d and (valid_to_on is null or valid_to_on > d)
    ),

    pipelines as (
        select
            source_system,
            pipeline,
            sum(won) as won_count,
            count(*) as closed_count
        from ended
        group by source_system, pipeline
    ),

    visited as (
        select distinct
            deal_id,
            stage
        from sales.fct_deal_states
        where outcome = 'open' and valid_from_on <= d
    ),

    stages as (
        select
            ended.source_system,
            ended.pipeline,
            visited.stage,
            sum(ended.won) as won_count,
            count(*) as closed_count
        from ended
        inner join visited on ended.deal_id = visited.deal_id
        group by ended.source_system, ended.pipeline, visited.stage
    ),

    calibrated as (
        select
            states.*,
            {{ calibrated_probability(
                'coalesce(stages.won_count, 0)', 'coalesce(stages.closed_count, 0)', 'pipelines.won_count', 'pipelines.closed_count'
            ) }} as calibrated_probability_ratio
        from sales.fct_deal_states as states
        left join pipelines
            on states.source_system = pipelines.source_system and states.pipeline = pipelines.pipeline
        left join stages
            on
                states.source_system = stages.source_system
                and states.pipeline = stages.pipeline
                and states.stage = stages.stage
        where states.outcome = 'open' and states.valid_from_on <= d and (states.valid_to_on is null or states.valid_to_on > d)
    )

    select
        cast(d as date) as date_on,
        deal_id,
        account_id,
        party_id,
        owner_id,
        entity_id,
        pipeline,
        stage,
        deal_type,
        region,
        segment,
        currency,
        amount_doc,
        amount_rpt,
        probability_ratio,
        {{ money('amount_rpt * probability_ratio') }} as weighted_rpt,
        calibrated_probability_ratio,
        {{ money('amount_rpt * calibrated_probability_ratio') }} as calibrated_weighted_rpt,
        expected_close_on,
        coalesce(expected_close_on < d, false) as is_past_due
    from calibrated
{%- endmacro %}

{#- The value below which the given part of the values lies, interpolated. -#}
{% macro percentile(expression, part) -%}
    percentile_cont({{ part }}) within group (order by {{ expression }})
{%- endmacro %}

{#- The UTC moment at which it is the time (text, HH:MM) on the day in the zone. -#}
{% macro utc_moment(day, time, zone) -%}
    {{ return(adapter.dispatch("utc_moment", "plumbline")(day, time, zone)) }}
{%- endmacro %}

{% macro default__utc_moment(day, time, zone) -%}
    to_utc_timestamp(cast(cast({{ day }} as varchar(10)) || ' ' || {{ time }} || ':00' as timestamp), {{ zone }})
{%- endmacro %}

{% macro duckdb__utc_moment(day, time, zone) -%}
    timezone('UTC', timezone({{ zone }}, cast(cast({{ day }} as varchar) || ' ' || {{ time }} || ':00' as timestamp)))
{%- endmacro %}
