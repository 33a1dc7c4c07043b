-- One row per deal. Leaves out merged deals and deals created after the as-of day; a deal that closed later is still open.
with deals as (select * from {{ ref('int_deals') }}),

states as (select * from {{ ref('int_deal_states') }}),

accounts as (select * from {{ ref('int_accounts') }}),

party_accounts as (select * from {{ ref('int_party_accounts') }}),

owners as (select * from {{ ref('int_owners') }}),

run_context as (select * from {{ ref('int_run_context') }}),

current_states as (
    select *
    from states
    where valid_to_on is null and outcome in ('open', 'won', 'lost')
),

-- The stage as such may have begun before its last change of amount or close date.
stage_changes as (
    select
        deal_id,
        valid_from_on,
        stage,
        lag(stage) over (partition by deal_id order by valid_from_on) as previous_stage
    from states
),

stage_entries as (
    select
        deal_id,
        max(valid_from_on) as stage_entered_on
    from stage_changes
    where previous_stage is null or stage <> previous_stage
    group by deal_id
),

close_dates as (
    select
        deal_id,
        expected_close_on,
        lag(expected_close_on) over (partition by deal_id order by valid_from_on) as previous_close_on
    from states
    where is_open
),

pushes as (
    select
        deal_id,
        count(*) as push_count
    from close_dates
    where {{ month_of('expected_close_on') }} > {{ month_of('previous_close_on') }}
    group by deal_id
),

final as (
    select
        deals.deal_id,
        deals.source_system,
        deals.source_id,
        deals.account_id,
        party_accounts.party_id,
        deals.owner_id,
        deals.entity_id,
        deals.campaign_id,
        deals.name,
        deals.pipeline,
        current_states.stage,
        deals.deal_type,
        deals.lead_source,
        coalesce(accounts.region, owners.region) as region,
        accounts.segment,
        accounts.industry,
        accounts.country,
        deals.currency,
        current_states.amount_doc,
        current_states.amount_rpt,
        current_states.probability_ratio,
        case
            when current_states.is_open
                then {{ money('current_states.amount_rpt * current_states.probability_ratio') }}
        end as weighted_rpt,
        deals.created_on,
        current_states.expected_close_on,
        case when not current_states.is_open then current_states.valid_from_on end as closed_on,
        stage_entries.stage_entered_on,
        current_states.is_won,
        not current_states.is_open and not current_states.is_won as is_lost,
        not current_states.is_open as is_closed,
        current_states.is_open,
        -- A deal that closed before it was created has no cycle that anybody knows; fct_doubtful_rows lists it.
        case
            when not current_states.is_open and coalesce(deals.closed_on >= deals.created_on, true)
                then cast({{ dbt.datediff('deals.created_on', 'current_states.valid_from_on', 'day') }} as integer)
        end as sales_cycle_days,
        cast(coalesce(pushes.push_count, 0) as integer) as push_count,
        coalesce(current_states.is_open and current_states.expected_close_on < run_context.as_of, false) as is_past_due,
        case when not current_states.is_open and not current_states.is_won then deals.lost_reason end as lost_reason,
        case when current_states.is_open then deals.next_step end as next_step,
        coalesce(party_accounts.customers_count > 0, false) as is_matched
    from deals
    inner join current_states
        on deals.deal_id = current_states.deal_id
    cross join run_context
    left join stage_entries
        on deals.deal_id = stage_entries.deal_id
    left join pushes
        on deals.deal_id = pushes.deal_id
    left join accounts
        on deals.account_id = accounts.account_id
    left join party_accounts
        on deals.account_id = party_accounts.account_id
    left join owners
        on deals.owner_id = owners.owner_id
)

select * from final
