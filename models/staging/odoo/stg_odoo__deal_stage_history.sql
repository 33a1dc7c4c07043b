-- One row per opportunity and moment at which its stage, amount, probability or close date changed or it was lost, and one at which it
-- began, with all four as they were from then on. Only databases that let their log of changes be read. Stage and revenue are always
-- logged: before the first change stands what that change replaced. Probability and close date are logged where a company wants it:
-- of a deal in which none of them changed, nothing is known.
with deals as (select * from {{ ref('base_odoo__leads') }} where is_deal),

tracked as (select * from {{ source('raw', 'odoo_tracking_value') }}),

messages as (select * from {{ source('raw', 'odoo_message') }}),

fields as (select * from {{ source('raw', 'odoo_tracked_field') }}),

stages as (select * from {{ source('raw', 'odoo_crm_stage') }}),

changes as (
    select
        deals.id,
        messages.happened_at,
        messages.user_id,
        fields.name as field,
        case fields.name
            when 'stage_id' then old_stages.name
            when 'date_deadline' then coalesce(cast(tracked.old_at as varchar), '')
            when 'active' then cast(tracked.old_integer as varchar)
            else cast(tracked.old_number as varchar)
        end as old_value,
        case fields.name
            when 'stage_id' then new_stages.name
            when 'date_deadline' then coalesce(cast(tracked.new_at as varchar), '')
            when 'active' then cast(tracked.new_integer as varchar)
            else cast(tracked.new_number as varchar)
        end as new_value,
        row_number() over (
            partition by deals.id, fields.name order by messages.happened_at, cast(tracked.source_id as bigint)
        ) as place
    from tracked
    inner join messages on tracked.message_id = messages.id
    inner join fields on tracked.field_id = fields.id
    inner join deals on messages.lead_id = deals.id
    left join stages as old_stages
        on tracked.source_system || ':' || cast(tracked.old_integer as varchar) = old_stages.id
    left join stages as new_stages
        on tracked.source_system || ':' || cast(tracked.new_integer as varchar) = new_stages.id
    where fields.name in ('stage_id', 'expected_revenue', 'probability', 'date_deadline', 'active')
),

firsts as (
    select
        id,
        max(case when field = 'stage_id' then old_value end) as stage,
        max(case when field = 'expected_revenue' then old_value end) as amount,
        max(case when field = 'probability' then old_value end) as probability,
        max(case when field = 'date_deadline' then old_value end) as closes_at,
        max(case when field = 'active' then old_value end) as is_active
    from changes
    where place = 1
    group by id
),

moments as (
    select
        id,
        happened_at,
        1 as is_change,
        max(user_id) as user_id,
        max(case when field = 'stage_id' then new_value end) as stage,
        max(case when field = 'expected_revenue' then new_value end) as amount,
        max(case when field = 'probability' then new_value end) as probability,
        max(case when field = 'date_deadline' then new_value end) as closes_at,
        max(case when field = 'active' then new_value end) as is_active
    from changes
    group by id, happened_at
    union all
    select
        deals.id,
        deals.created_at as happened_at,
        0 as is_change,
        cast(null as varchar) as user_id,
        coalesce(firsts.stage, deals.stage) as stage,
        coalesce(firsts.amount, cast(deals.amount_doc as varchar)) as amount,
        firsts.probability,
        firsts.closes_at,
        coalesce(firsts.is_active, case when deals.is_lost then '0' else '1' end) as is_active
    from deals
    left join firsts on deals.id = firsts.id
    where deals.source_system in (select tracked.source_system from tracked)
),

filled as (
    select
        id,
        happened_at,
        is_change,
        user_id,
        last_value(stage ignore nulls) over so_far as stage,
        last_value(amount ignore nulls) over so_far as amount,
        last_value(probability ignore nulls) over so_far as probability,
        last_value(closes_at ignore nulls) over so_far as closes_at,
        last_value(is_active ignore nulls) over so_far as is_active
    from moments
    window so_far as (
        partition by id order by happened_at, is_change rows between unbounded preceding and current row
    )
),

-- What a lead was before it became a deal is not the deal's history: it begins as it then was.
dated as (
    select
        filled.*,
        deals.is_won,
        greatest(filled.happened_at, deals.started_at) as changed_at,
        row_number() over (
            partition by filled.id, greatest(filled.happened_at, deals.started_at)
            order by filled.happened_at desc, filled.is_change desc
        ) as place_from_last
    from filled
    inner join deals on filled.id = deals.id
)

select
    dated.id || '|' || cast(dated.changed_at as varchar) as deal_stage_history_id,
    dated.id as deal_id,
    dated.changed_at,
    case when dated.is_active = '0' and not dated.is_won then 'Lost' else dated.stage end as stage,
    nullif(cast(cast(dated.amount as decimal(18, 6)) as decimal(18, 2)), 0) as amount_doc,
    cast(cast(dated.probability as decimal(18, 6)) / 100 as decimal(9, 6)) as probability_ratio,
    cast(cast(nullif(dated.closes_at, '') as timestamp) as date) as expected_close_on,
    dated.user_id as changed_by_id,
    deals.source_system,
    deals.source_id || '|' || cast(dated.changed_at as varchar) as source_id,
    deals.batch_id,
    deals.batch_row,
    deals.loaded_at
from dated
inner join deals on dated.id = deals.id
where dated.place_from_last = 1
