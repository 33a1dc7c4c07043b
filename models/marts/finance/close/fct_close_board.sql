-- One row per entity, month and task of the close (seeds/reference/close_tasks.csv), from the entity's first posting to the
-- as-of month: done, open, failed or not covered, with what stands against it. Evidence is read from the marts; nobody ticks a
-- task off by hand.
with close_tasks as (select * from {{ ref('close_tasks') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

month_ends as (select * from {{ ref('int_month_ends') }}),

trial_balance as (select * from {{ ref('trial_balance') }}),

-- The rows that name single journals are in the month's own row already.
close_checks as (
    select * from {{ ref('fct_close_checks') }}
    where entity_id is not null and left_label not like 'debits of journal %'
),

reconciliation as (select * from {{ ref('fct_bank_reconciliation') }} where not is_matched),

bank_accounts as (select distinct entity_id from {{ ref('int_bank_accounts') }}),

held_rows as (select * from {{ ref('fct_held_rows') }}),

exceptions as (select * from {{ ref('fct_close_exceptions') }}),

clearing_items as (select * from {{ ref('fct_clearing_items') }}),

fiscal_periods as (select * from {{ ref('fct_fiscal_periods') }}),

close_notes as (select * from {{ ref('fct_close_notes') }}),

intercompany_evidence as (select * from {{ ref('intercompany_evidence') }}),

close_lists as (select * from {{ ref('close_lists') }}),

first_months as (
    select
        entity_id,
        min(period_on) as first_on
    from trial_balance
    group by entity_id
),

months as (
    select
        first_months.entity_id,
        entities.currency,
        month_ends.month_on as period_on,
        month_ends.as_of_on as period_end_on
    from first_months
    inner join entities on first_months.entity_id = entities.entity_id
    inner join month_ends on first_months.first_on <= month_ends.month_on
),

-- The oldest item that stood on a clearing or suspense account at the month's end.
oldest_clearing as (
    select
        case clearing_items.account_type when 'cash_clearing' then 'clearing_cleared' else 'suspense_cleared' end as task,
        months.entity_id,
        months.period_on,
        max(cast({{ dbt.datediff('clearing_items.posted_on', 'months.period_end_on', 'day') }} as integer)) as oldest_days
    from months
    inner join clearing_items
        on
            months.entity_id = clearing_items.entity_id
            and months.period_end_on >= clearing_items.posted_on
            and (clearing_items.cleared_on is null or months.period_end_on < clearing_items.cleared_on)
    group by
        case clearing_items.account_type when 'cash_clearing' then 'clearing_cleared' else 'suspense_cleared' end,
        months.entity_id, months.period_on
),

-- Both methods of the cash flow are one check, and a task each: they are proved by different people.
task_checks as (
    select
        *,
        case
            when check_name <> 'cash_flow_ties_to_cash' then check_name
            when left_label like '%, direct' then 'cash_flow_direct_ties'
            else 'cash_flow_indirect_ties'
        end as task
    from close_checks
),

-- What stands against a task: how many, how much, since when; figure is what was proved.
evidence as (
    select
        task, entity_id, period_on,
        sum(case when status = 'difference' then 1 else 0 end) as items_count,
        sum(case when status = 'difference' then abs(difference_local) else 0 end) as amount_local,
        sum(left_local) as figure_local,
        cast(null as integer) as oldest_days,
        case
            when max(case when status = 'difference' then 1 else 0 end) = 1 then 'failed'
            when min(case when status = 'not_covered' then 1 else 0 end) = 1 then 'not_covered'
            else 'done'
        end as status
    from task_checks
    group by task, entity_id, period_on
    union all
    select
        task, entity_id, period_on, items_count, amount_local, figure_local, cast(null as integer) as oldest_days, status
    from intercompany_evidence
    union all
    select
        'bank_reconciled' as task, months.entity_id, months.period_on,
        count(reconciliation.item_id) as items_count,
        sum(coalesce(abs(reconciliation.amount_local), 0)) as amount_local,
        cast(null as decimal(18, 2)) as figure_local,
        max(cast({{ dbt.datediff('reconciliation.booked_on', 'months.period_end_on', 'day') }} as integer)) as oldest_days,
        case when count(reconciliation.item_id) > 0 then 'open' else 'done' end as status
    from months
    inner join bank_accounts on months.entity_id = bank_accounts.entity_id
    left join reconciliation
        on
            months.entity_id = reconciliation.entity_id
            and months.period_end_on >= reconciliation.booked_on
    group by months.entity_id, months.period_on
    union all
    select
        case account_type
            when 'cash_clearing' then 'clearing_cleared'
            when 'suspense' then 'suspense_cleared'
            else 'accounts_classified'
        end as task,
        entity_id, period_on,
        sum(case when closing_local <> 0 then 1 else 0 end) as items_count,
        sum(abs(closing_local)) as amount_local,
        cast(null as decimal(18, 2)) as figure_local, cast(null as integer) as oldest_days,
        case when sum(case when closing_local <> 0 then 1 else 0 end) > 0 then 'open' else 'done' end as status
    from trial_balance
    where account_type in ('cash_clearing', 'suspense', 'unclassified')
    group by
        case account_type
            when 'cash_clearing' then 'clearing_cleared'
            when 'suspense' then 'suspense_cleared'
            else 'accounts_classified'
        end,
        entity_id, period_on
    union all
    select
        'rates_complete' as task, entity_id, {{ month_of('event_on') }} as period_on,
        count(*) as items_count, sum(abs(coalesce(amount_local, amount_doc, 0))) as amount_local,
        cast(null as decimal(18, 2)) as figure_local, cast(null as integer) as oldest_days, 'failed' as status
    from held_rows
    where reason = 'missing_rate' and event_on is not null
    group by entity_id, {{ month_of('event_on') }}
    union all
    select
        'exceptions_reviewed' as task, entity_id, {{ month_of('period_on') }} as period_on,
        count(*) as items_count, sum(abs(amount_local)) as amount_local,
        cast(null as decimal(18, 2)) as figure_local, cast(null as integer) as oldest_days, 'open' as status
    from exceptions
    where period_on is not null and kind <> 'posting_in_locked_period'
    group by entity_id, {{ month_of('period_on') }}
    union all
    select
        'nothing_posted_after_lock' as task, entity_id, {{ month_of('period_on') }} as period_on,
        count(*) as items_count, sum(abs(amount_local)) as amount_local,
        cast(null as decimal(18, 2)) as figure_local, cast(null as integer) as oldest_days, 'failed' as status
    from exceptions
    where kind = 'posting_in_locked_period'
    group by entity_id, {{ month_of('period_on') }}
    union all
    select
        'period_locked' as task, entity_id, {{ month_of('period_on') }} as period_on,
        sum(case when is_locked then 0 else 1 end) as items_count, cast(0 as decimal(18, 2)) as amount_local,
        cast(null as decimal(18, 2)) as figure_local, cast(null as integer) as oldest_days,
        case when min(case when is_locked then 1 else 0 end) = 1 then 'done' else 'open' end as status
    from fiscal_periods
    group by entity_id, {{ month_of('period_on') }}
    union all
    -- A company that signs nothing here has its own way of signing; one that began to is asked for every month.
    select
        'board_pack_signed' as task, months.entity_id, months.period_on,
        1 - max(case when close_notes.month_on = months.period_on then 1 else 0 end) as items_count,
        cast(0 as decimal(18, 2)) as amount_local, cast(null as decimal(18, 2)) as figure_local, cast(null as integer) as oldest_days,
        case when max(case when close_notes.month_on = months.period_on then 1 else 0 end) = 1 then 'done' else 'open' end as status
    from months
    inner join close_notes
        on
            months.entity_id = close_notes.entity_id
            and close_notes.kind = 'sign_off'
    group by months.entity_id, months.period_on
),

notes as (
    select
        entity_id,
        month_on as period_on,
        subject,
        count(*) as notes_count
    from close_notes
    group by entity_id, month_on, subject
),

-- A task without anything against it is done where its evidence is always there, and not covered where a source has to
-- deliver it first.
board as (
    select
        months.entity_id,
        months.period_on,
        months.period_end_on,
        months.currency,
        close_tasks.task,
        close_tasks.name,
        close_tasks.owner,
        close_tasks.sort,
        cast({{ dbt.dateadd('day', 'close_tasks.due_days', 'months.period_end_on') }} as date) as due_on,
        coalesce(
            evidence.status,
            case
                when close_tasks.task in (
                    'clearing_cleared', 'suspense_cleared', 'accounts_classified', 'rates_complete', 'exceptions_reviewed',
                    'nothing_posted_after_lock'
                ) then 'done'
                when close_tasks.task = 'period_locked' then 'open'
                else 'not_covered'
            end
        ) as status,
        coalesce(evidence.items_count, 0) as items_count,
        coalesce(evidence.amount_local, 0) as amount_local,
        coalesce(evidence.oldest_days, oldest_clearing.oldest_days) as oldest_days,
        coalesce(notes.notes_count, 0) as notes_count,
        evidence.figure_local,
        replace(
            replace(
                replace(close_lists.list_query, '{entity}', '''' || replace(months.entity_id, '''', '''''') || ''''),
                '{first}', 'date ''' || cast(months.period_on as varchar) || ''''
            ),
            '{last}', 'date ''' || cast(months.period_end_on as varchar) || ''''
        ) as list_query
    from months
    cross join close_tasks
    left join close_lists on close_tasks.task = close_lists.task
    left join evidence
        on
            months.entity_id = evidence.entity_id
            and months.period_on = evidence.period_on
            and close_tasks.task = evidence.task
    left join oldest_clearing
        on
            months.entity_id = oldest_clearing.entity_id
            and months.period_on = oldest_clearing.period_on
            and close_tasks.task = oldest_clearing.task
    left join notes
        on
            months.entity_id = notes.entity_id
            and months.period_on = notes.period_on
            and close_tasks.task = notes.subject
)

select
    entity_id,
    period_on,
    currency,
    task,
    name,
    owner,
    cast(sort as integer) as sort,
    due_on,
    status,
    cast(items_count as bigint) as items_count,
    {{ money('amount_local') }} as amount_local,
    oldest_days,
    cast(notes_count as integer) as notes_count,
    {{ money('figure_local') }} as figure_local,
    list_query
from board
