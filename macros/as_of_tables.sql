{#- Table macros that readers call with a day: `select * from finance.receivable_ageing_on(date '2026-03-31')`.
    They live in the marts database and read published tables only, so that every copy of the file answers them. -#}

{#- Create a table macro in the marts database. Its text names no database: readers attach the file under any name, and
    DuckDB looks tables up when the macro is called. -#}
{% macro publish_table_macro(relation, name, body) -%}
    use {{ adapter.quote(relation.database) }};
    create or replace macro {{ relation.schema }}.{{ name }}(d) as table {{ body }};
    use {{ adapter.quote(target.database) }}
{%- endmacro %}

{% macro receivable_ageing_on() -%}
    with documents as (
        select
            document_type,
            document_id,
            sum(case when event_type = 'posted' then amount_local else 0 end) as posted_local,
            sum(case when event_on <= d then amount_local else 0 end) as open_local
        from finance.fct_receivable_events
        group by document_type, document_id
        having sum(case when event_on <= d then amount_local else 0 end) <> 0
    ),

    items as (
        select
            cast(d as date) as as_of_on,
            items.entity_id,
            items.customer_id,
            case
                when items.document_type <> 'invoice' then 'unapplied'
                else {{ ageing_bucket(dbt.datediff("items.due_on", "d", "day")) }}
            end as bucket,
            {{ money(
                "items.gross_local - "
                ~ settled_of_instalment("(documents.posted_local - documents.open_local)", "items")
            ) }} as open_local
        from documents
        inner join finance.fct_receivable_items as items
            on documents.document_type = items.document_type and documents.document_id = items.document_id
    )

    {{ ageing_in_reporting_currency("customer_id") }}
{%- endmacro %}

{% macro payable_ageing_on() -%}
    with documents as (
        select
            document_type = 'bill_payment' as is_payment,
            document_id,
            sum(case when event_on <= d then amount_local else 0 end) as open_local
        from finance.fct_payable_events
        group by document_type, document_id
        having sum(case when event_on <= d then amount_local else 0 end) <> 0
    ),

    items as (
        select
            cast(d as date) as as_of_on,
            items.entity_id,
            items.vendor_id,
            case
                when items.document_type <> 'bill' then 'unapplied'
                else {{ ageing_bucket(dbt.datediff("items.due_on", "d", "day")) }}
            end as bucket,
            {{ money("documents.open_local") }} as open_local
        from documents
        inner join finance.fct_payable_items as items
            on
                documents.document_id = items.document_id
                and documents.is_payment = (items.document_type = 'bill_payment')
    )

    {{ ageing_in_reporting_currency("vendor_id") }}
{%- endmacro %}

{#- The items of an ageing by entity, partner and bucket, each item translated at the day's rate as the mart does it. -#}
{% macro ageing_in_reporting_currency(partner) -%}
    select
        items.as_of_on,
        items.entity_id,
        items.{{ partner }},
        items.bucket,
        {{ money("sum(items.open_local)") }} as open_local,
        {{ money("sum(case when entities.is_reporting_currency then items.open_local else "
            ~ converted("items.open_local", "rates.rate") ~ " end)") }} as open_rpt
    from items
    inner join common.dim_entities as entities on items.entity_id = entities.entity_id
    left join common.fct_fx_rates as rates
        on
            entities.currency = rates.from_currency
            and entities.reporting_currency = rates.to_currency
            and rates.rate_type = 'spot'
            and rates.rate_on = items.as_of_on
    where items.open_local <> 0
    group by items.as_of_on, items.entity_id, items.{{ partner }}, items.bucket
{%- endmacro %}
