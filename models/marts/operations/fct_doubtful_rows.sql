-- One row per loaded row of the CRM or the customer master that contradicts itself or another one, and reason: what was made of it,
-- and what to do. The row counts, but for what its message says. Rows that could not be read are in fct_quarantined_rows, rows that
-- money marts leave out in fct_held_rows.
with deals as (select * from {{ ref('int_deals') }}),

stage_history as (select * from {{ ref('int_deal_stage_history') }}),

deal_merges as (select * from {{ ref('int_deal_merges') }}),

accounts as (select * from {{ ref('int_accounts') }}),

account_circles as (select * from {{ ref('int_account_circles') }}),

customers as (select * from {{ ref('int_customers') }}),

evidence as (select * from {{ ref('int_party_evidence') }}),

party_customers as (select * from {{ ref('int_party_customers') }}),

records as (select * from {{ ref('int_party_records') }}),

commission_plans as (select * from {{ ref('int_commission_plans') }}),

deal_splits as (select * from {{ ref('int_deal_splits') }}),

run_context as (select * from {{ ref('int_run_context') }}),

known_stages as (
    select distinct
        source_system,
        stage
    from deals
),

doubtful_deals as (
    select
        'closed_before_created' as reason,
        deals.source_system,
        deals.source_id,
        deals.closed_on as event_on,
        deals.currency,
        deals.amount_doc,
        'closed on ' || cast(deals.closed_on as varchar) || ', before it was created on ' || cast(deals.created_on as varchar)
        || ': it counts on the day of creation and has no sales cycle; correct one of the two days' as message
    from deals
    where deals.is_closed and deals.closed_on < deals.created_on and deals.merged_into_id is null
    union all
    select
        'probability_out_of_range' as reason,
        source_system,
        source_id,
        created_on as event_on,
        currency,
        amount_doc,
        'probability ' || cast(probability_ratio as varchar) || ' is not between 0 and 1: left out of weighted amounts; if the'
        || ' CRM keeps percent, say so in the mapping (scale: 0.01)' as message
    from deals
    where not (probability_ratio between 0 and 1)
    union all
    select
        case status when 'circle' then 'merged_in_a_circle' else 'merged_into_unknown_deal' end as reason,
        deals.source_system,
        deals.source_id,
        deals.created_on as event_on,
        deals.currency,
        deals.amount_doc,
        case deal_merges.status
            when 'circle' then 'merged into deals that were merged into it: none of them counts; undo one merge in the CRM'
            else
                'merged into ' || deal_merges.merged_into_id || ', at the end of which no deal is loaded: it does not count; load that'
                || ' deal or undo the merge'
        end as message
    from deal_merges
    inner join deals
        on deal_merges.deal_id = deals.deal_id
    where deal_merges.status <> 'merged'
),

doubtful_history as (
    select
        case when known_stages.stage is null then 'unknown_stage' else 'probability_out_of_range' end as reason,
        stage_history.source_system,
        stage_history.source_id,
        cast(stage_history.changed_at as date) as event_on,
        cast(null as varchar) as currency,
        stage_history.amount_doc,
        case
            when known_stages.stage is null
                then
                    'stage ' || coalesce(stage_history.stage, '(none)') || ' is the stage of no deal, so nothing says whether it is an'
                    || ' open one: taken for open; map it to a stage in use'
            else
                'probability ' || cast(stage_history.probability_ratio as varchar) || ' is not between 0 and 1: taken for unknown; if'
                || ' the CRM keeps percent, say so in the mapping (scale: 0.01)'
        end as message
    from stage_history
    left join known_stages
        on stage_history.source_system = known_stages.source_system and stage_history.stage = known_stages.stage
    where known_stages.stage is null or not (stage_history.probability_ratio between 0 and 1)
),

doubtful_accounts as (
    select
        'parent_in_a_circle' as reason,
        accounts.source_system,
        accounts.source_id,
        accounts.created_on as event_on,
        'its parents lead back to it (parent ' || accounts.parent_id || '): all of them are one party; make one of them the top' as message
    from account_circles
    inner join accounts
        on account_circles.account_id = accounts.account_id
),

-- Joined by an id or a document, and yet with two registration numbers of one country.
two_tax_numbers as (
    select
        party_customers.customer_id,
        min(records.record_id) as account_id,
        min(records.tax_number) as account_tax_number,
        min(customer_records.tax_number) as customer_tax_number
    from party_customers
    inner join evidence
        on party_customers.customer_id = evidence.customer_id and party_customers.method = evidence.method
    inner join records
        on evidence.account_id = records.record_id and records.side = 'account'
    inner join records as customer_records
        on party_customers.customer_id = customer_records.record_id and customer_records.side = 'customer'
    where
        party_customers.status = 'accepted'
        and records.tax_number <> customer_records.tax_number
        and records.country_key = customer_records.country_key
    group by party_customers.customer_id
),

-- Customers of one party in one country whose registration numbers differ: named beside the first of them.
party_tax_numbers as (
    select
        party_customers.customer_id,
        records.tax_number,
        first_value(party_customers.customer_id) over (
            partition by party_customers.party_id, records.country_key order by party_customers.customer_id
        ) as first_customer_id,
        first_value(records.tax_number) over (
            partition by party_customers.party_id, records.country_key order by party_customers.customer_id
        ) as first_tax_number
    from party_customers
    inner join records
        on party_customers.customer_id = records.record_id and records.side = 'customer'
    where records.tax_number is not null
),

doubtful_customers as (
    select
        'two_tax_numbers' as reason,
        customers.source_system,
        customers.source_id,
        customers.created_on as event_on,
        'tax number ' || two_tax_numbers.customer_tax_number || ', but account ' || two_tax_numbers.account_id || ', which it is joined'
        || ' to, has ' || two_tax_numbers.account_tax_number || ': correct one of them, or `plumbline matches reject` the pair' as message
    from two_tax_numbers
    inner join customers
        on two_tax_numbers.customer_id = customers.customer_id
    union all
    select
        'other_tax_number_in_party' as reason,
        customers.source_system,
        customers.source_id,
        customers.created_on as event_on,
        'tax number ' || party_tax_numbers.tax_number || ', but customer ' || party_tax_numbers.first_customer_id || ' of the same party'
        || ' and country has ' || party_tax_numbers.first_tax_number || ': both count as one party; correct one of them, or'
        || ' `plumbline matches split` the customer' as message
    from party_tax_numbers
    inner join customers
        on party_tax_numbers.customer_id = customers.customer_id
    where party_tax_numbers.tax_number <> party_tax_numbers.first_tax_number
),

doubtful_plans as (
    select
        case
            when commission_base not in ('booked', 'invoiced_margin', 'collected_cash') then 'unknown_commission_base'
            else 'commission_rate_out_of_range'
        end as reason,
        source_system,
        source_id,
        valid_from_on as event_on,
        case
            when commission_base not in ('booked', 'invoiced_margin', 'collected_cash')
                then
                    'paid on ' || commission_base || ', which is none of booked, invoiced_margin and collected_cash: it earns nothing;'
                    || ' map it to one of them'
            else
                'rate ' || cast(rate_ratio as varchar) || ' is not between 0 and 1: it is applied as it stands; if the plan keeps'
                || ' percent, say so in the mapping (scale: 0.01)'
        end as message
    from commission_plans
    where commission_base not in ('booked', 'invoiced_margin', 'collected_cash') or not (rate_ratio between 0 and 1)
),

split_totals as (
    select
        deal_id,
        sum(share_ratio) as total_ratio,
        min(share_ratio) as least_ratio
    from deal_splits
    group by deal_id
),

-- Named once per deal, by its first row.
doubtful_splits as (
    select
        case when split_totals.least_ratio > 0 then 'shares_do_not_add_up' else 'share_not_above_zero' end as reason,
        deal_splits.source_system,
        min(deal_splits.source_id) as source_id,
        'the shares of deal ' || deal_splits.deal_id || ' add up to ' || cast(split_totals.total_ratio as varchar)
        || case when split_totals.least_ratio > 0 then '' else ' and one is not above 0' end
        || ': the deal counts whole for its own owner; make them add up to 1, and if the CRM keeps percent, say so in the'
        || ' mapping (scale: 0.01)' as message
    from split_totals
    inner join deal_splits
        on split_totals.deal_id = deal_splits.deal_id
    where split_totals.least_ratio <= 0 or split_totals.total_ratio not between 0.9999 and 1.0001
    group by deal_splits.deal_id, deal_splits.source_system, split_totals.total_ratio, split_totals.least_ratio
),

doubtful as (
    select
        'deal' as entity,
        reason,
        source_system,
        source_id,
        event_on,
        currency,
        amount_doc,
        message
    from doubtful_deals
    union all
    select
        'deal_stage_history' as entity,
        reason,
        source_system,
        source_id,
        event_on,
        currency,
        amount_doc,
        message
    from doubtful_history
    union all
    select
        'account' as entity,
        reason,
        source_system,
        source_id,
        event_on,
        cast(null as varchar) as currency,
        cast(null as decimal(18, 2)) as amount_doc,
        message
    from doubtful_accounts
    union all
    select
        'customer' as entity,
        reason,
        source_system,
        source_id,
        event_on,
        cast(null as varchar) as currency,
        cast(null as decimal(18, 2)) as amount_doc,
        message
    from doubtful_customers
    union all
    select
        'commission_plan' as entity,
        reason,
        source_system,
        source_id,
        event_on,
        cast(null as varchar) as currency,
        cast(null as decimal(18, 2)) as amount_doc,
        message
    from doubtful_plans
    union all
    select
        'deal_split' as entity,
        reason,
        source_system,
        source_id,
        cast(null as date) as event_on,
        cast(null as varchar) as currency,
        cast(null as decimal(18, 2)) as amount_doc,
        message
    from doubtful_splits
),

final as (
    select
        doubtful.entity,
        doubtful.source_system,
        doubtful.source_id,
        doubtful.reason,
        doubtful.event_on,
        doubtful.currency,
        {{ money('doubtful.amount_doc') }} as amount_doc,
        doubtful.message
    from doubtful
    cross join run_context
    where doubtful.event_on is null or doubtful.event_on <= run_context.as_of
)

select * from final
