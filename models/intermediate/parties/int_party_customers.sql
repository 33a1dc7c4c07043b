-- One row per ERP customer with the party it belongs to. The first step of the ladder with a decisive hit decides. Stored ids
-- that point at two groups of accounts contradict each other: the customer stays alone, with status conflict, until they agree.
-- Documents that do are no contradiction, only undecided: status ambiguous, unless a later step decides.
{{ config(materialized='table') }}

with customers as (select * from {{ ref('int_customers') }}),

groups as (select * from {{ ref('int_party_groups') }}),

hits as (select * from {{ ref('int_party_evidence') }}),

merged_groups as (select * from {{ ref('int_party_merged_groups') }}),

rejections as (
    select
        record_id as account_id,
        other_record_id as customer_id
    from {{ ref('int_party_decisions') }}
    where action = 'reject' and status = 'in_force'
),

records as (select * from {{ ref('int_party_records') }}),

account_groups as (
    select
        groups.record_id as account_id,
        coalesce(merged_groups.party_id, groups.group_id) as account_group_id
    from groups
    left join merged_groups
        on groups.group_id = merged_groups.group_id
    where groups.side = 'account'
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
    where is_decisive
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
    where hits.is_decisive
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

undecided as (
    select distinct customer_id
    from hits
    where not is_decisive
),

company_keys as (
    select
        record_id as customer_id,
        'tax:' || coalesce(country_key, '') || ':' || tax_number as company_key
    from records
    where side = 'customer' and tax_number is not null
    union all
    select
        record_id as customer_id,
        'name:' || country_key || ':' || name_key as company_key
    from records
    where side = 'customer' and name_key is not null and country_key is not null
),

-- The same company under another number (each legal entity keeps its own list of customers) is the same match.
matched_keys as (
    select
        customer_groups.customer_group_id,
        company_keys.company_key,
        min(own.account_group_id) as account_group_id,
        min(own.crm_account_id) as crm_account_id
    from own
    inner join company_keys
        on own.customer_id = company_keys.customer_id
    inner join customer_groups
        on own.customer_id = customer_groups.customer_id
    where own.account_groups_count = 1
    group by customer_groups.customer_group_id, company_keys.company_key
    having count(distinct own.account_group_id) = 1
),

twins as (
    select
        customer_groups.customer_id,
        min(matched_keys.account_group_id) as account_group_id,
        min(matched_keys.crm_account_id) as crm_account_id
    from customer_groups
    inner join company_keys
        on customer_groups.customer_id = company_keys.customer_id
    inner join matched_keys
        on
            customer_groups.customer_group_id = matched_keys.customer_group_id
            and company_keys.company_key = matched_keys.company_key
    left join rejections
        on customer_groups.customer_id = rejections.customer_id and matched_keys.crm_account_id = rejections.account_id
    where rejections.customer_id is null
    group by customer_groups.customer_id
    having count(distinct matched_keys.account_group_id) = 1
),

-- Another company of the same hierarchy belongs to the same party, where its matched members agree, but is no match of its own.
hierarchies as (
    select
        customer_groups.customer_group_id,
        min(own.account_group_id) as account_group_id
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
        coalesce(customer_groups.customer_group_id, customers.customer_id) as customer_group_id,
        own.method as own_method,
        own.account_group_id as own_group_id,
        own.crm_account_id as own_account_id,
        twins.account_group_id as twin_group_id,
        twins.crm_account_id as twin_account_id,
        hierarchies.account_group_id as hierarchy_group_id,
        case
            when customers.intercompany_entity_id is not null then 'intercompany'
            when own.account_groups_count > 1 then 'conflict'
            when own.account_groups_count = 1 or twins.account_group_id is not null then 'accepted'
            when hierarchies.account_group_id is not null then 'grouped'
            when undecided.customer_id is not null then 'ambiguous'
            else 'unmatched'
        end as status
    from customers
    left join customer_groups
        on customers.customer_id = customer_groups.customer_id
    left join own
        on customers.customer_id = own.customer_id
    left join twins
        on customers.customer_id = twins.customer_id
    left join hierarchies
        on customer_groups.customer_group_id = hierarchies.customer_group_id
    left join undecided
        on customers.customer_id = undecided.customer_id
),

final as (
    select
        customer_id,
        source_system,
        source_id,
        customer_group_id,
        case status
            when 'accepted' then coalesce(own_group_id, twin_group_id)
            when 'grouped' then hierarchy_group_id
            when 'conflict' then customer_id
            else customer_group_id
        end as party_id,
        case when status = 'accepted' then coalesce(own_account_id, twin_account_id) end as crm_account_id,
        case status
            when 'accepted' then coalesce(own_method, 'same_customer')
            when 'conflict' then own_method
            when 'grouped' then 'customer_hierarchy'
            when 'ambiguous' then 'document_reference'
        end as method,
        status
    from decided
)

select * from final
