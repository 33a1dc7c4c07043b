-- One row per entity, clearing or suspense account and journal that moved it, up to the as-of day: what it put there, when that was
-- taken away again, and how long it has stood. Two items of opposite amounts clear each other, the oldest with the oldest; the
-- open ones add up to the balance of the account. An amount that is taken away in parts stays open with its parts.
with journal_lines as (
    select * from {{ ref('fct_journal_lines') }}
    where account_type in ('cash_clearing', 'suspense')
),

entities as (select * from {{ ref('int_legal_entities') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

run_context as (select * from {{ ref('int_run_context') }}),

items as (
    select
        entity_id,
        account_id,
        account_code,
        account_type,
        source_system,
        journal_id,
        max(document_type) as document_type,
        max(document_id) as document_id,
        min(posted_on) as posted_on,
        max(coalesce(customer_id, vendor_id)) as partner_id,
        max(description) as description,
        sum(debit_local - credit_local) as amount_local
    from journal_lines
    group by entity_id, account_id, account_code, account_type, source_system, journal_id
    having sum(debit_local - credit_local) <> 0
),

placed as (
    select
        *,
        row_number() over (partition by entity_id, account_id, amount_local order by posted_on, journal_id) as place
    from items
)

select
    placed.entity_id,
    placed.account_id,
    placed.account_code,
    placed.account_type,
    placed.journal_id,
    placed.document_type,
    placed.document_id,
    placed.posted_on,
    {{ month_of('placed.posted_on') }} as month_on,
    entities.currency,
    {{ money('placed.amount_local') }} as amount_local,
    {{ in_reporting_currency(money('placed.amount_local')) }} as amount_rpt,
    case when others.journal_id is not null then greatest(placed.posted_on, others.posted_on) end as cleared_on,
    others.journal_id as cleared_by_journal_id,
    others.journal_id is null as is_open,
    case
        when others.journal_id is null
            then cast({{ dbt.datediff('placed.posted_on', 'run_context.as_of', 'day') }} as integer)
    end as open_days,
    placed.partner_id,
    placed.description,
    placed.source_system
from placed
cross join run_context
inner join entities on placed.entity_id = entities.entity_id
left join placed as others
    on
        placed.entity_id = others.entity_id
        and placed.account_id = others.account_id
        and placed.amount_local = -others.amount_local
        and placed.place = others.place
left join reporting_rates
    on
        entities.currency = reporting_rates.currency
        and run_context.as_of = reporting_rates.rate_on
