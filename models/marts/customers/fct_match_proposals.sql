-- One row per pair of CRM account and ERP customer that may be one company and that nobody has decided: the review queue, the
-- money at stake first. Leaves out pairs that are one party already and pairs that somebody rejected: they never come back.
with proposals as (select * from {{ ref('int_party_proposals') }}),

party_accounts as (select * from {{ ref('int_party_accounts') }}),

party_customers as (select * from {{ ref('int_party_customers') }}),

candidates as (select * from {{ ref('int_party_candidates') }}),

party_profiles as (select * from {{ ref('int_party_profiles') }}),

accounts as (select * from {{ ref('int_accounts') }}),

customers as (select * from {{ ref('int_customers') }}),

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

undecided as (
    select
        proposals.account_id,
        proposals.customer_id,
        proposals.method,
        proposals.score,
        proposals.runner_up_score,
        proposals.score_margin,
        proposals.band,
        proposals.second_key,
        party_accounts.party_id as account_party_id,
        party_customers.party_id as customer_party_id,
        account_candidates.is_open as is_account_open,
        customer_candidates.is_open as is_customer_open
    from proposals
    inner join party_accounts
        on proposals.account_id = party_accounts.account_id
    inner join party_customers
        on proposals.customer_id = party_customers.customer_id
    inner join candidates as account_candidates
        on proposals.account_id = account_candidates.record_id and account_candidates.side = 'account'
    inner join candidates as customer_candidates
        on proposals.customer_id = customer_candidates.record_id and customer_candidates.side = 'customer'
    where party_accounts.party_id <> party_customers.party_id
),

-- A record that has its counterpart stands on the right side already: its money does not wait for this decision.
valued as (
    select
        undecided.*,
        {{ money('coalesce(customer_totals.net_rpt, 0)') }} as net_rpt,
        {{ money('coalesce(account_totals.won_rpt, 0)') }} as won_rpt,
        {{ money(
            "case when undecided.is_customer_open then abs(coalesce(customer_totals.net_rpt, 0)) else 0 end"
            ~ " + case when undecided.is_account_open then coalesce(account_totals.won_rpt, 0) else 0 end"
        ) }} as at_stake_rpt
    from undecided
    left join customer_totals
        on undecided.customer_id = customer_totals.customer_id
    left join account_totals
        on undecided.account_id = account_totals.account_id
),

final as (
    select
        valued.account_id || ' = ' || valued.customer_id as match_id,
        cast(
            row_number() over (
                order by
                    valued.at_stake_rpt desc, case when valued.band = 'likely' then 1 else 2 end asc,
                    valued.score desc nulls last, valued.account_id asc, valued.customer_id asc
            ) as integer
        ) as queue_no,
        valued.account_id as crm_account_id,
        valued.customer_id,
        customers.source_system,
        customers.source_id,
        accounts.name as account_name,
        customers.name as customer_name,
        accounts.country as account_country,
        customers.country as customer_country,
        party_profiles.region,
        party_profiles.segment,
        valued.method,
        valued.band,
        valued.score,
        valued.runner_up_score,
        valued.score_margin,
        valued.second_key,
        valued.is_account_open,
        valued.is_customer_open,
        valued.net_rpt,
        valued.won_rpt,
        valued.at_stake_rpt
    from valued
    inner join accounts
        on valued.account_id = accounts.account_id
    inner join customers
        on valued.customer_id = customers.customer_id
    inner join party_profiles
        on valued.customer_party_id = party_profiles.party_id
)

select * from final
