-- One row per month end (and the as-of day), entity, vendor and bucket with an open balance. Debit notes and payments
-- not yet applied are in `unapplied`, negative. Each row counts what was open on its day, at that day's rate.
-- The hook answers the same question for any day; it reads these too.
-- depends_on: {{ ref('dim_entities') }}
-- depends_on: {{ ref('fct_fx_rates') }}
{{ config(post_hook="{{ publish_table_macro(this, 'payable_ageing_on', payable_ageing_on()) }}") }}

with events as (select * from {{ ref('fct_payable_events') }}),

items as (select * from {{ ref('fct_payable_items') }}),

month_ends as (select * from {{ ref('int_month_ends') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

documents as (
    select
        document_type,
        document_id,
        entity_id,
        vendor_id,
        min(event_on) as first_on,
        max(event_on) as last_on,
        sum(amount_local) as balance_local
    from events
    group by document_type, document_id, entity_id, vendor_id
),

-- Most documents are settled within the month and never stand open at its end.
open_at_month_ends as (
    select
        documents.document_type,
        documents.document_id,
        documents.entity_id,
        documents.vendor_id,
        month_ends.as_of_on
    from documents
    inner join month_ends
        on
            documents.first_on <= month_ends.as_of_on
            and (documents.balance_local <> 0 or documents.last_on > month_ends.as_of_on)
),

open_documents as (
    select
        open_at_month_ends.document_type,
        open_at_month_ends.document_id,
        open_at_month_ends.entity_id,
        open_at_month_ends.vendor_id,
        open_at_month_ends.as_of_on,
        {{ money('sum(events.amount_local)') }} as open_local
    from open_at_month_ends
    inner join events
        on
            open_at_month_ends.document_type = events.document_type
            and open_at_month_ends.document_id = events.document_id
            and events.event_on <= open_at_month_ends.as_of_on
    group by
        open_at_month_ends.document_type,
        open_at_month_ends.document_id,
        open_at_month_ends.entity_id,
        open_at_month_ends.vendor_id,
        open_at_month_ends.as_of_on
),

reported as (
    select
        open_documents.as_of_on,
        open_documents.entity_id,
        open_documents.vendor_id,
        case
            when items.document_type = 'bill'
                then {{ ageing_bucket(dbt.datediff('items.due_on', 'open_documents.as_of_on', 'day')) }}
            else 'unapplied'
        end as bucket,
        open_documents.open_local,
        {{ in_reporting_currency('open_documents.open_local') }} as open_rpt
    from open_documents
    inner join items
        on
            open_documents.document_id = items.document_id
            and (open_documents.document_type = 'bill_payment') = (items.document_type = 'bill_payment')
    inner join entities on open_documents.entity_id = entities.entity_id
    left join reporting_rates
        on
            entities.currency = reporting_rates.currency
            and open_documents.as_of_on = reporting_rates.rate_on
    where open_documents.open_local <> 0
)

select
    as_of_on,
    {{ month_of('as_of_on') }} as month_on,
    entity_id,
    vendor_id,
    bucket,
    {{ money('sum(open_local)') }} as open_local,
    {{ money('sum(open_rpt)') }} as open_rpt
from reported
group by as_of_on, entity_id, vendor_id, bucket
