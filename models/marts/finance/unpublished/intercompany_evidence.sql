-- One row per task, entity and month from its first dealing with another entity of the group: what the pairs of the group
-- do not agree on, and what its consolidation leaves in. The difference of a pair is theirs in common: both are asked for it.
-- What names no entity of the group stays in the group's statements; what names one is proved by consolidation_ties.
with intercompany_entries as (select * from {{ ref('fct_intercompany_entries') }}),

unmatched_pairs as (select * from {{ ref('fct_intercompany_pairs') }} where status = 'unmatched'),

close_checks as (select * from {{ ref('fct_close_checks') }} where check_name = 'consolidation_ties'),

entities as (select * from {{ ref('int_legal_entities') }}),

month_ends as (select * from {{ ref('int_month_ends') }}),

month_rates as (select * from {{ ref('int_month_rates') }}),

first_months as (
    select
        entity_id,
        min(period_on) as first_on
    from intercompany_entries
    group by entity_id
),

months as (
    select
        first_months.entity_id,
        month_ends.month_on as period_on,
        case when entities.is_reporting_currency then 1 else month_rates.closing_rate end as closing_rate,
        case when entities.is_reporting_currency then 1 else month_rates.average_rate end as average_rate
    from first_months
    inner join entities on first_months.entity_id = entities.entity_id
    inner join month_ends on first_months.first_on <= month_ends.month_on
    left join month_rates
        on
            entities.currency = month_rates.currency
            and month_ends.month_on = month_rates.month_on
),

on_books as (
    select
        entity_id,
        period_on,
        sum(case when side in ('receivable', 'payable') then abs(amount_local) else 0 end) as figure_local,
        sum(
            case when partner_entity_id is null and side in ('receivable', 'payable', 'sale') and amount_local <> 0 then 1 else 0 end
        ) as remaining_count,
        sum(
            case when partner_entity_id is null and side in ('receivable', 'payable', 'sale') then abs(amount_local) else 0 end
        ) as remaining_local
    from intercompany_entries
    group by entity_id, period_on
),

unmatched as (
    select
        months.entity_id,
        months.period_on,
        count(*) as items_count,
        {{ money("sum(coalesce(abs(unmatched_pairs.difference_rpt)"
            ~ " / case unmatched_pairs.kind when 'balance' then months.closing_rate else months.average_rate end, 0))") }} as amount_local
    from months
    inner join unmatched_pairs
        on
            months.period_on = unmatched_pairs.period_on
            and months.entity_id in (unmatched_pairs.seller_entity_id, unmatched_pairs.buyer_entity_id)
    group by months.entity_id, months.period_on
),

consolidation as (
    select
        period_on,
        sum(case when status = 'difference' then 1 else 0 end) as items_count
    from close_checks
    group by period_on
),

evidence as (
    select
        months.entity_id,
        months.period_on,
        on_books.figure_local,
        coalesce(unmatched.items_count, 0) as unmatched_count,
        coalesce(unmatched.amount_local, 0) as unmatched_local,
        coalesce(on_books.remaining_count, 0) as remaining_count,
        coalesce(on_books.remaining_local, 0) as remaining_local,
        consolidation.items_count as untied_count
    from months
    left join on_books
        on
            months.entity_id = on_books.entity_id
            and months.period_on = on_books.period_on
    left join unmatched
        on
            months.entity_id = unmatched.entity_id
            and months.period_on = unmatched.period_on
    left join consolidation on months.period_on = consolidation.period_on
)

select
    'intercompany_agreed' as task,
    entity_id,
    period_on,
    unmatched_count as items_count,
    unmatched_local as amount_local,
    coalesce(figure_local, 0) as figure_local,
    case when unmatched_count > 0 then 'open' else 'done' end as status
from evidence
union all
select
    'intercompany_eliminated' as task,
    entity_id,
    period_on,
    remaining_count + coalesce(untied_count, 0) as items_count,
    remaining_local as amount_local,
    coalesce(figure_local, 0) as figure_local,
    case
        when untied_count > 0 then 'failed'
        when remaining_count > 0 then 'open'
        when untied_count is null then 'not_covered'
        else 'done'
    end as status
from evidence
