-- One row per month end (and the as-of day), entity, customer and bucket with an open balance. Buckets run on the due
-- date of each instalment; credit notes and payments not yet applied are in `unapplied`, negative. Each row counts what
-- was open on its day: later applications do not leak in. Amounts are at that day's rate.
-- The hooks answer the same question for any day: item by item, by bucket, and a column per bucket. They read these too.
-- depends_on: {{ ref('dim_entities') }}
-- depends_on: {{ ref('fct_fx_rates') }}
-- depends_on: {{ ref('fct_receivable_items') }}
{{ config(post_hook=[
    "{{ publish_table_macro(this, 'receivable_items_on', receivable_items_on()) }}",
    "{{ publish_table_macro(this, 'receivable_ageing_on', ageing_on('receivable', 'customer_id')) }}",
    "{{ publish_table_macro(this, 'receivable_aged_balances_on', aged_balances_on('receivable', 'customer_id', 'invoice', 'credit_note', 'payment')) }}",
]) }}

with open_items as (select * from {{ ref('open_receivables') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

reported as (
    select
        open_items.*,
        {{ in_reporting_currency('open_items.open_local') }} as open_rpt
    from open_items
    inner join entities on open_items.entity_id = entities.entity_id
    left join reporting_rates
        on
            entities.currency = reporting_rates.currency
            and open_items.as_of_on = reporting_rates.rate_on
)

select
    as_of_on,
    {{ month_of('as_of_on') }} as month_on,
    entity_id,
    customer_id,
    bucket,
    {{ money('sum(open_local)') }} as open_local,
    {{ money('sum(open_rpt)') }} as open_rpt,
    {{ money('sum(case when is_disputed then open_local else 0 end)') }} as disputed_local,
    {{ money('sum(case when is_disputed then open_rpt else 0 end)') }} as disputed_rpt
from reported
group by as_of_on, entity_id, customer_id, bucket
