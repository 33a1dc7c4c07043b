-- One row per party with what is known of the company: the CRM's words first, those of its group's top account before the others'.
with accounts as (select * from {{ ref('int_accounts') }}),

customers as (select * from {{ ref('int_customers') }}),

party_accounts as (select * from {{ ref('int_party_accounts') }}),

party_customers as (select * from {{ ref('int_party_customers') }}),

members as (
    select
        party_accounts.party_id,
        1 as side_order,
        case when accounts.account_id = party_accounts.party_id then 1 else 2 end as top_order,
        accounts.created_on,
        accounts.account_id as record_id,
        accounts.name,
        accounts.country,
        accounts.region,
        accounts.segment,
        accounts.industry
    from party_accounts
    inner join accounts
        on party_accounts.account_id = accounts.account_id
    union all
    select
        party_customers.party_id,
        2 as side_order,
        case when customers.customer_id = party_customers.party_id then 1 else 2 end as top_order,
        customers.created_on,
        customers.customer_id as record_id,
        customers.name,
        customers.country,
        customers.region,
        customers.segment,
        cast(null as varchar) as industry
    from party_customers
    inner join customers
        on party_customers.customer_id = customers.customer_id
),

ranked as (
    select
        members.*,
        row_number() over (
            partition by party_id order by side_order asc, top_order asc, created_on asc nulls last, record_id asc
        ) as place
    from members
),

-- The first record that says something about a column speaks for the party.
first_places as (
    select
        party_id,
        min(place) as named_place,
        min(case when country is not null then place end) as country_place,
        min(case when region is not null then place end) as region_place,
        min(case when segment is not null then place end) as segment_place,
        min(case when industry is not null then place end) as industry_place
    from ranked
    group by party_id
),

final as (
    select
        first_places.party_id,
        min(case when ranked.place = first_places.named_place then ranked.name end) as name,
        min(case when ranked.place = first_places.country_place then ranked.country end) as country,
        min(case when ranked.place = first_places.region_place then ranked.region end) as region,
        coalesce(min(case when ranked.place = first_places.segment_place then ranked.segment end), 'unknown') as segment,
        min(case when ranked.place = first_places.industry_place then ranked.industry end) as industry,
        max(case when ranked.side_order = 1 then 1 else 0 end) = 1 and max(case when ranked.side_order = 2 then 1 else 0 end) = 1
            as is_matched
    from first_places
    inner join ranked
        on first_places.party_id = ranked.party_id
    group by first_places.party_id
)

select * from final
