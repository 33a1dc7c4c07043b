-- One row per group of CRM accounts that belongs to one party with another group, because both were accepted for one ERP customer:
-- by a decision, or by names alike with a second key. Leaves out groups that are a party by themselves.
{{ config(materialized='table') }}

with recursive evidence as (select * from {{ ref('int_party_evidence') }}),

records as (select * from {{ ref('int_party_records') }}),

groups as (
    select * from {{ ref('int_party_groups') }}
    where side = 'account'
),

group_numbers as (
    select
        groups.group_id,
        min(records.tax_number) as tax_number
    from groups
    inner join records
        on groups.record_id = records.record_id and records.side = 'account'
    group by groups.group_id
),

grouped as (
    select
        evidence.customer_id,
        evidence.step,
        groups.group_id,
        group_numbers.tax_number,
        min(case when evidence.is_decisive then evidence.step end) over (partition by evidence.customer_id) as deciding_step
    from evidence
    inner join groups
        on evidence.account_id = groups.record_id
    inner join group_numbers
        on groups.group_id = group_numbers.group_id
    where evidence.is_decisive
),

deciding as (
    select
        customer_id,
        min(group_id) as group_id,
        min(tax_number) as tax_number
    from grouped
    where step = deciding_step
    group by customer_id
    having count(distinct group_id) = 1
),

links as (
    select
        customer_id,
        group_id
    from deciding
    union
    select
        customer_id,
        group_id
    from grouped
    where step = 4
    union
    -- Likeness does not join accounts whose tax numbers say that they are two companies.
    select
        grouped.customer_id,
        grouped.group_id
    from grouped
    left join deciding
        on grouped.customer_id = deciding.customer_id
    where
        grouped.step = 7
        and coalesce(grouped.tax_number, deciding.tax_number, '') = coalesce(deciding.tax_number, grouped.tax_number, '')
),

joining_customers as (
    select customer_id
    from links
    group by customer_id
    having count(*) > 1
),

joined as (
    select
        links.customer_id,
        links.group_id
    from links
    inner join joining_customers
        on links.customer_id = joining_customers.customer_id
),

reachable as (
    select distinct
        group_id,
        group_id as reached_id
    from joined
    union
    select
        reachable.group_id,
        others.group_id as reached_id
    from reachable
    inner join joined
        on reachable.reached_id = joined.group_id
    inner join joined as others
        on joined.customer_id = others.customer_id
),

final as (
    select
        group_id,
        min(reached_id) as party_id
    from reachable
    group by group_id
)

select * from final
