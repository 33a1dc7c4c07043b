-- One row per company record and span of days in which it belonged to a party, as published versions said; `valid_to_on` is the
-- first day after (null: until now). A first span begins when the record was created, a later one on the as-of day of the version
-- that said so. What was published is kept: a decision that moves a record ends a span and begins another.
with history as (select * from {{ source('raw', 'party_membership_history') }}),

party_accounts as (select * from {{ ref('int_party_accounts') }}),

party_customers as (select * from {{ ref('int_party_customers') }}),

accounts as (select * from {{ ref('int_accounts') }}),

customers as (select * from {{ ref('int_customers') }}),

run_context as (select * from {{ ref('int_run_context') }}),

current_members as (
    select
        'account' as side,
        party_accounts.account_id as record_id,
        party_accounts.party_id,
        cast(null as varchar) as method,
        case when party_accounts.customers_count > 0 then 'accepted' else 'unmatched' end as status,
        accounts.created_on
    from party_accounts
    inner join accounts
        on party_accounts.account_id = accounts.account_id
    union all
    select
        'customer' as side,
        party_customers.customer_id as record_id,
        party_customers.party_id,
        party_customers.method,
        party_customers.status,
        customers.created_on
    from party_customers
    inner join customers
        on party_customers.customer_id = customers.customer_id
),

ranked_history as (
    select
        history.*,
        row_number() over (partition by side, record_id order by version desc) as place
    from history
),

last_known as (
    select * from ranked_history
    where place = 1
),

events as (
    select
        version,
        valid_from_on,
        side,
        record_id,
        party_id,
        method,
        status
    from history
    union all
    select
        run_context.run_id as version,
        case
            when last_known.record_id is null then least(coalesce(current_members.created_on, run_context.as_of), run_context.as_of)
            else run_context.as_of
        end as valid_from_on,
        current_members.side,
        current_members.record_id,
        current_members.party_id,
        current_members.method,
        current_members.status
    from current_members
    cross join run_context
    left join last_known
        on current_members.side = last_known.side and current_members.record_id = last_known.record_id
    where
        last_known.record_id is null
        or last_known.party_id <> current_members.party_id
        or last_known.status <> current_members.status
        or coalesce(last_known.method, '') <> coalesce(current_members.method, '')
    union all
    -- A record that no source delivers any more belongs to its last party until then.
    select
        run_context.run_id as version,
        run_context.as_of as valid_from_on,
        last_known.side,
        last_known.record_id,
        last_known.party_id,
        cast(null as varchar) as method,
        'gone' as status
    from last_known
    cross join run_context
    left join current_members
        on last_known.side = current_members.side and last_known.record_id = current_members.record_id
    where current_members.record_id is null and last_known.status <> 'gone'
),

-- A run for an earlier day says what was known later: it changes nothing before the day that a later version spoke for.
dated as (
    select
        events.*,
        max(valid_from_on) over (
            partition by side, record_id order by version rows between unbounded preceding and current row
        ) as span_from_on
    from events
),

spans as (
    select
        dated.*,
        lead(span_from_on) over (partition by side, record_id order by version) as span_to_on
    from dated
),

final as (
    select
        side || ' ' || record_id || ' ' || version as membership_id,
        side,
        record_id,
        party_id,
        method,
        status,
        span_from_on as valid_from_on,
        span_to_on as valid_to_on,
        span_to_on is null as is_current,
        version as since_version
    from spans
    where span_to_on is null or span_from_on < span_to_on
)

select * from final
