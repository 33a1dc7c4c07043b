-- One row per CRM account that is its own parent, directly or over others.
with recursive accounts as (select * from {{ ref('int_accounts') }}),

links as (
    select
        account_id,
        parent_id
    from accounts
    where parent_id is not null
),

steps as (
    select
        account_id,
        parent_id as reached_id
    from links
    union
    select
        steps.account_id,
        links.parent_id as reached_id
    from steps
    inner join links
        on steps.reached_id = links.account_id
),

final as (
    select account_id
    from steps
    where account_id = reached_id
)

select * from final
