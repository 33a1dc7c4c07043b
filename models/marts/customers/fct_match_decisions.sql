-- One row per decision that people took on which company records are one, undone and replaced ones included.
with decisions as (select * from {{ ref('int_party_decisions') }}),

accounts as (select * from {{ ref('int_accounts') }}),

customers as (select * from {{ ref('int_customers') }}),

names as (
    select
        'account' as side,
        account_id as record_id,
        name,
        region
    from accounts
    union all
    select
        'customer' as side,
        customer_id as record_id,
        name,
        region
    from customers
),

final as (
    select
        decisions.decision_no,
        decisions.action,
        decisions.record_id,
        names.name as record_name,
        decisions.other_record_id,
        others.name as other_record_name,
        coalesce(names.region, others.region) as region,
        decisions.reason,
        decisions.decided_by,
        decisions.decided_at,
        decisions.undone_by_no,
        decisions.status
    from decisions
    left join names
        on decisions.record_id = names.record_id and coalesce(decisions.side, 'account') = names.side
    left join names as others
        on decisions.other_record_id = others.record_id and coalesce(decisions.side, 'customer') = others.side
)

select * from final
