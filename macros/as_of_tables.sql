{#- Table macros that readers call with a day: `select * from finance.receivable_ageing_on(date '2026-03-31')`.
    They live in the marts database and read published tables only, so that every copy of the file answers them. -#}

{#- Create a table macro in the marts database. Its text names no database: readers attach the file under any name, and
    DuckDB looks tables up when the macro is called. -#}
{% macro publish_table_macro(relation, name, body, parameters="d") -%}
    use {{ adapter.quote(relation.database) }};
    create or replace macro {{ relation.schema }}.{{ name }}({{ parameters }}) as table {{ body }};
    use {{ adapter.quote(target.database) }}
{%- endmacro %}

{#- Instalments, credit notes and payments that stood open on the day. -#}
{% macro receivable_items_on() -%}
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
            items.document_type,
            items.document_id,
            items.instalment_no,
            items.invoiced_on,
            items.due_on,
            case when items.document_type = 'invoice' then {{ dbt.datediff("items.due_on", "d", "day") }} end as days_past_due,
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

    {{ items_in_reporting_currency("customer_id", ["instalment_no", "invoiced_on"]) }}
{%- endmacro %}

{#- Bills, debit notes and payments to vendors that stood open on the day. -#}
{% macro payable_items_on() -%}
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
            items.document_type,
            items.document_id,
            items.billed_on,
            items.due_on,
            case when items.document_type = 'bill' then {{ dbt.datediff("items.due_on", "d", "day") }} end as days_past_due,
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

    {{ items_in_reporting_currency("vendor_id", ["billed_on"]) }}
{%- endmacro %}

{#- The ageing of a day as the marts hold it: one row per entity, partner and bucket. -#}
{% macro ageing_on(side, partner) -%}
    select
        as_of_on,
        entity_id,
        {{ partner }},
        bucket,
        {{ money("sum(open_local)") }} as open_local,
        {{ money("sum(open_rpt)") }} as open_rpt
    from finance.{{ side }}_items_on(d)
    group by as_of_on, entity_id, {{ partner }}, bucket
{%- endmacro %}

{#- The aged trial balance of a day as a controller prints it: one row per entity and partner, a column per bucket, cash
    not applied and credits in columns of their own. The columns add up to open_local. -#}
{% macro aged_balances_on(side, partner, document, credit, payment) -%}
    select
        as_of_on,
        entity_id,
        {{ partner }},
        {% for bucket in ["not_due", "1_30", "31_60", "61_90", "over_90"] -%}
        {{ money("sum(case when bucket = '" ~ bucket ~ "' then open_local else 0 end)") }}
            as {{ bucket if bucket == "not_due" else "overdue_" ~ bucket }}_local,
        {% endfor -%}
        {{ money("sum(case when document_type = '" ~ payment ~ "' then open_local else 0 end)") }} as unapplied_cash_local,
        {{ money("sum(case when document_type = '" ~ credit ~ "' then open_local else 0 end)") }} as unapplied_credits_local,
        {{ money("sum(open_local)") }} as open_local,
        {{ money("sum(open_rpt)") }} as open_rpt,
        max(case when document_type = '{{ document }}' then greatest(days_past_due, 0) end) as oldest_days_overdue
    from finance.{{ side }}_items_on(d)
    group by as_of_on, entity_id, {{ partner }}
{%- endmacro %}

{#- Open items, each translated at the day's rate as the marts do it. -#}
{% macro items_in_reporting_currency(partner, details) -%}
    select
        items.as_of_on,
        items.entity_id,
        items.{{ partner }},
        items.document_type,
        items.document_id,
        {% for detail in details -%}
        items.{{ detail }},
        {% endfor -%}
        items.due_on,
        items.days_past_due,
        items.bucket,
        items.open_local,
        {{ money("case when entities.is_reporting_currency then items.open_local else "
            ~ converted("items.open_local", "rates.rate") ~ " end") }} as open_rpt
    from items
    inner join common.dim_entities as entities on items.entity_id = entities.entity_id
    left join common.fct_fx_rates as rates
        on
            entities.currency = rates.from_currency
            and entities.reporting_currency = rates.to_currency
            and rates.rate_type = 'spot'
            and rates.rate_on = items.as_of_on
    where items.open_local <> 0
{%- endmacro %}
