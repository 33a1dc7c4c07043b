-- One row per ERP customer with the party it belongs to. The first step of the ladder that hits decides. A step that points at
-- two groups of accounts contradicts itself: the customer stays alone, with status conflict, until the sources agree.
{{ config(materialized='table') }}

with customers as (select * from {{ ref('int_customers') }}),

groups as (select * from {{ ref('int_party_groups') }}),

hits as (select * from {{ ref('int_party_hits') }}),

records as (select * from {{ ref('int_party_records') }}),

account_groups as (
    select
        record_id as account_id,
        group_id as account_group_id
    from groups
    where side = 'account'
),

customer_groups as (
    select
        record_id as customer_id,
        group_id as customer_group_id
    from groups
    where side = 'customer'
),

deciding_steps as (
    select
        customer_id,
        min(step) as step
    from hits
    group by customer_id
),

deciding_hits as (
    select
        hits.customer_id,
        hits.account_id,
        hits.step,
        hits.method,
        hits.evidence_count,
        account_groups.account_group_id
    from hits
    inner join deciding_steps
        on hits.customer_id = deciding_steps.customer_id and hits.step = deciding_steps.step
    inner join account_groups
        on hits.account_id = account_groups.account_id
),

-- The account shown beside the customer: the one with most documents, then the oldest.
ranked_hits as (
    select
        deciding_hits.customer_id,
        deciding_hits.account_id,
        deciding_hits.step,
        deciding_hits.method,
        deciding_hits.account_group_id,
        row_number() over (
            partition by deciding_hits.customer_id
            order by deciding_hits.evidence_count desc, records.created_on asc nulls last, deciding_hits.account_id asc
        ) as place
    from deciding_hits
    inner join records
        on deciding_hits.account_id = records.record_id and records.side = 'account'
),

own as (
    select
        customer_id,
        min(step) as step,
        min(method) as method,
        count(distinct account_group_id) as account_groups_count,
        min(account_group_id) as account_group_id,
        min(case when place = 1 then account_id end) as crm_account_id
    from ranked_hits
    group by customer_id
),

-- A record without a hit of its own follows the other records of its customer, where these agree.
inherited as (
    select
        customer_groups.customer_group_id,
        min(own.account_group_id) as account_group_id,
        min(own.crm_account_id) as crm_account_id
    from own
    inner join customer_groups
        on own.customer_id = customer_groups.customer_id
    where own.account_groups_count = 1
    group by customer_groups.customer_group_id
    having count(distinct own.account_group_id) = 1
),

decided as (
    select
        customers.customer_id,
        customers.source_system,
        customers.source_id,
        customers.intercompany_entity_id,
        coalesce(customer_groups.customer_group_id, customers.customer_id) as customer_group_id,
        own.account_groups_count,
        own.method as own_method,
        own.account_group_id as own_group_id,
        own.crm_account_id as own_account_id,
        inherited.account_group_id as inherited_group_id,
        inherited.crm_account_id as inherited_account_id
    from customers
    left join customer_groups
        on customers.customer_id = customer_groups.customer_id
    left join own
        on customers.customer_id = own.customer_id
    left join inherited
        on customer_groups.customer_group_id = inherited.customer_group_id
),

final as (
    select
        customer_id,
        source_system,
        source_id,
        customer_group_id,
        case
            when account_groups_count = 1 then own_group_id
            when account_groups_count > 1 then customer_id
            else coalesce(inherited_group_id, customer_group_id)
        end as party_id,
        case
            when account_groups_count = 1 then own_account_id
            when account_groups_count is null then inherited_account_id
        end as crm_account_id,
        case
            when account_groups_count >= 1 then own_method
            when inherited_group_id is not null then 'customer_group'
        end as method,
        case
            when intercompany_entity_id is not null then 'intercompany'
            when account_groups_count > 1 then 'conflict'
            when account_groups_count = 1 or inherited_group_id is not null then 'accepted'
            else 'unmatched'
        end as status
    from decided
)

select * from final
