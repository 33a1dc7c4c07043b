-- One row per activity (call, meeting, e-mail, task) that happened up to the as-of day.
with activities as (select * from {{ ref('int_activities') }}),

deals as (select * from {{ ref('fct_deals') }}),

party_accounts as (select * from {{ ref('int_party_accounts') }}),

accounts as (select * from {{ ref('int_accounts') }}),

owners as (select * from {{ ref('int_owners') }}),

run_context as (select * from {{ ref('int_run_context') }}),

placed_activities as (
    select
        activities.*,
        coalesce(activities.account_id, deals.account_id) as known_account_id
    from activities
    cross join run_context
    left join deals
        on activities.deal_id = deals.deal_id
    where cast(activities.happened_at as date) <= run_context.as_of
),

final as (
    select
        placed_activities.activity_id,
        placed_activities.source_system,
        placed_activities.source_id,
        placed_activities.activity_type,
        placed_activities.direction,
        placed_activities.owner_id,
        placed_activities.known_account_id as account_id,
        party_accounts.party_id,
        placed_activities.deal_id,
        placed_activities.lead_id,
        coalesce(accounts.region, owners.region) as region,
        accounts.segment,
        placed_activities.happened_at,
        cast(placed_activities.happened_at as date) as happened_on,
        placed_activities.duration_minutes
    from placed_activities
    left join party_accounts
        on placed_activities.known_account_id = party_accounts.account_id
    left join accounts
        on placed_activities.known_account_id = accounts.account_id
    left join owners
        on placed_activities.owner_id = owners.owner_id
)

select * from final
