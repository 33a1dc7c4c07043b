-- One row per pair of CRM account and ERP customer that the ladder joined, and one per record that has no counterpart.
-- Leaves out intercompany customers. Nothing is joined because names are merely alike: likeness needs a second key or a person.
with evidence as (select * from {{ ref('int_party_evidence') }}),

party_customers as (select * from {{ ref('int_party_customers') }}),

party_accounts as (select * from {{ ref('int_party_accounts') }}),

accounts as (select * from {{ ref('int_accounts') }}),

customers as (select * from {{ ref('int_customers') }}),

party_profiles as (select * from {{ ref('int_party_profiles') }}),

customer_months as (select * from {{ ref('fct_customer_months') }}),

deals as (select * from {{ ref('fct_deals') }}),

customer_totals as (
    select
        customer_id,
        sum(net_rpt) as net_rpt
    from customer_months
    group by customer_id
),

account_totals as (
    select
        account_id,
        sum(amount_rpt) as won_rpt
    from deals
    where is_won
    group by account_id
),

-- Beside the step that decides, a decision and a confirmed likeness join further accounts to the customer.
counted_evidence as (
    select
        evidence.account_id,
        party_customers.customer_id,
        party_customers.party_id,
        party_customers.status,
        min(evidence.step) as step
    from party_customers
    inner join evidence
        on party_customers.customer_id = evidence.customer_id
    left join party_accounts
        on evidence.account_id = party_accounts.account_id
    where
        party_customers.status in ('accepted', 'conflict', 'ambiguous')
        and (
            party_customers.method = evidence.method
            or (
                party_customers.status = 'accepted'
                and evidence.method in ('decision', 'likeness_and_second_key')
                and party_customers.party_id = party_accounts.party_id
            )
        )
    group by evidence.account_id, party_customers.customer_id, party_customers.party_id, party_customers.status
),

pairs as (
    select
        counted_evidence.account_id as crm_account_id,
        counted_evidence.customer_id,
        counted_evidence.party_id,
        evidence.method,
        counted_evidence.status,
        evidence.score
    from counted_evidence
    inner join evidence
        on
            counted_evidence.account_id = evidence.account_id
            and counted_evidence.customer_id = evidence.customer_id
            and counted_evidence.step = evidence.step
    union all
    select
        crm_account_id,
        customer_id,
        party_id,
        method,
        status,
        cast(1 as decimal(9, 6)) as score
    from party_customers
    where method in ('same_customer', 'customer_hierarchy')
    union all
    select
        crm_account_id,
        customer_id,
        party_id,
        method,
        status,
        cast(null as decimal(9, 6)) as score
    from party_customers
    where status = 'unmatched'
),

lone_accounts as (
    select
        party_accounts.account_id as crm_account_id,
        cast(null as varchar) as customer_id,
        party_accounts.party_id,
        cast(null as varchar) as method,
        -- `grouped`: its party has a customer through another account of the group.
        case when party_accounts.customers_count > 0 then 'grouped' else 'unmatched' end as status,
        cast(null as decimal(9, 6)) as score
    from party_accounts
    left join pairs
        on party_accounts.account_id = pairs.crm_account_id
    where pairs.crm_account_id is null
),

rows_listed as (
    select
        crm_account_id,
        customer_id,
        party_id,
        method,
        status,
        score
    from pairs
    union all
    select
        crm_account_id,
        customer_id,
        party_id,
        method,
        status,
        score
    from lone_accounts
),

final as (
    select
        coalesce(rows_listed.crm_account_id, '-') || ' = ' || coalesce(rows_listed.customer_id, '-') as match_id,
        rows_listed.crm_account_id,
        rows_listed.customer_id,
        rows_listed.party_id,
        coalesce(accounts.source_system, customers.source_system) as source_system,
        coalesce(accounts.source_id, customers.source_id) as source_id,
        accounts.name as account_name,
        customers.name as customer_name,
        party_profiles.region,
        party_profiles.segment,
        rows_listed.method,
        -- A rule is certain of its key; likeness that a second key confirms says less than 1.
        case when rows_listed.status = 'accepted' then rows_listed.score end as score,
        rows_listed.status,
        {{ money('coalesce(customer_totals.net_rpt, 0)') }} as net_rpt,
        {{ money('coalesce(account_totals.won_rpt, 0)') }} as won_rpt
    from rows_listed
    inner join party_profiles
        on rows_listed.party_id = party_profiles.party_id
    left join accounts
        on rows_listed.crm_account_id = accounts.account_id
    left join customers
        on rows_listed.customer_id = customers.customer_id
    left join customer_totals
        on rows_listed.customer_id = customer_totals.customer_id
    left join account_totals
        on rows_listed.crm_account_id = account_totals.account_id
)

select * from final
