-- One row per step of the ladder, ERP customer and CRM account that the step recognises as one company; steps below the one
-- that decides are listed too. A name that is only alike is no hit. `evidence_count` counts the documents of step 2. A pair that
-- somebody rejected is no hit of any step.
-- `is_decisive` is false where orders name deals of several groups of accounts: a reseller buys for many, a duplicate account
-- shares its orders, and nothing in the documents tells which it is.
{{ config(materialized='table') }}

with records as (select * from {{ ref('int_party_records') }}),

groups as (select * from {{ ref('int_party_groups') }}),

deals as (select * from {{ ref('int_deals') }}),

orders as (select * from {{ ref('int_orders') }}),

decisions as (
    select * from {{ ref('int_party_decisions') }}
    where status = 'in_force'
),

run_context as (select * from {{ ref('int_run_context') }}),

accounts as (
    select
        records.*,
        groups.group_id
    from records
    inner join groups
        on records.side = groups.side and records.record_id = groups.record_id
    where records.side = 'account'
),

customers as (
    select
        records.*,
        groups.group_id
    from records
    inner join groups
        on records.side = groups.side and records.record_id = groups.record_id
    where records.side = 'customer'
),

-- A reference names a number, not a system: it counts where one system of the other side knows the number.
known_customers as (
    select
        source_id,
        min(record_id) as record_id
    from customers
    group by source_id
    having count(*) = 1
),

known_accounts as (
    select
        source_id,
        min(record_id) as record_id
    from accounts
    group by source_id
    having count(*) = 1
),

stored_ids as (
    select
        known_customers.record_id as customer_id,
        accounts.record_id as account_id
    from accounts
    inner join known_customers
        on accounts.counterpart_ref = known_customers.source_id
    union
    select
        customers.record_id as customer_id,
        known_accounts.record_id as account_id
    from customers
    inner join known_accounts
        on customers.counterpart_ref = known_accounts.source_id
),

known_deals as (
    select
        source_id,
        min(account_id) as account_id
    from deals
    group by source_id
    having count(*) = 1
),

documents as (
    select
        orders.customer_id,
        known_deals.account_id,
        count(*) as evidence_count
    from orders
    inner join known_deals
        on orders.deal_ref = known_deals.source_id
    inner join accounts
        on known_deals.account_id = accounts.record_id
    inner join customers
        on orders.customer_id = customers.record_id
    cross join run_context
    where orders.ordered_on <= run_context.as_of
    group by orders.customer_id, known_deals.account_id
),

tax_numbers as (
    select
        customers.record_id as customer_id,
        accounts.record_id as account_id
    from customers
    inner join accounts
        on
            customers.tax_number = accounts.tax_number
            and coalesce(customers.country_key, accounts.country_key, '') = coalesce(accounts.country_key, customers.country_key, '')
),

-- A domain of several companies on either side (an agency, a reseller) tells nothing.
single_domains as (
    select domain_key
    from (
        select
            side,
            domain_key,
            group_id
        from accounts
        union
        select
            side,
            domain_key,
            group_id
        from customers
    ) as sides
    where domain_key is not null
    group by domain_key
    having count(case when side = 'account' then 1 end) = 1 and count(case when side = 'customer' then 1 end) = 1
),

domains as (
    select
        customers.record_id as customer_id,
        accounts.record_id as account_id
    from single_domains
    inner join customers
        on single_domains.domain_key = customers.domain_key
    inner join accounts
        on single_domains.domain_key = accounts.domain_key
),

names as (
    select
        customers.record_id as customer_id,
        accounts.record_id as account_id
    from customers
    inner join accounts
        on customers.name_key = accounts.name_key and customers.country_key = accounts.country_key
    -- Two tax numbers of one country are two companies, whatever they are called.
    where customers.tax_number is null or accounts.tax_number is null or customers.tax_number = accounts.tax_number
),

hits as (
    select
        1 as step,
        'stored_id' as method,
        customer_id,
        account_id,
        cast(1 as bigint) as evidence_count
    from stored_ids
    union all
    select
        2 as step,
        'document_reference' as method,
        customer_id,
        account_id,
        evidence_count
    from documents
    union all
    select
        3 as step,
        'tax_id' as method,
        customer_id,
        account_id,
        cast(1 as bigint) as evidence_count
    from tax_numbers
    union all
    select
        4 as step,
        'decision' as method,
        other_record_id as customer_id,
        record_id as account_id,
        cast(1 as bigint) as evidence_count
    from decisions
    where action = 'accept'
    union all
    select
        5 as step,
        'domain' as method,
        customer_id,
        account_id,
        cast(1 as bigint) as evidence_count
    from domains
    union all
    select
        6 as step,
        'name_and_country' as method,
        customer_id,
        account_id,
        cast(1 as bigint) as evidence_count
    from names
),

grouped_hits as (
    select
        hits.step,
        hits.method,
        hits.customer_id,
        hits.account_id,
        hits.evidence_count,
        min(groups.group_id) over (partition by hits.step, hits.customer_id) as first_group_id,
        max(groups.group_id) over (partition by hits.step, hits.customer_id) as last_group_id
    from hits
    inner join groups
        on hits.account_id = groups.record_id and groups.side = 'account'
    left join decisions
        on
            hits.account_id = decisions.record_id
            and hits.customer_id = decisions.other_record_id
            and decisions.action = 'reject'
    where decisions.decision_no is null
),

-- What someone stored counts even where it contradicts itself, so that the contradiction is seen, and what someone accepted
-- makes several groups one. Any other key that several groups of accounts share identifies none of them.
final as (
    select
        step,
        method,
        customer_id,
        account_id,
        evidence_count,
        step in (1, 4) or first_group_id = last_group_id as is_decisive
    from grouped_hits
    where step in (1, 2, 4) or first_group_id = last_group_id
)

select * from final
