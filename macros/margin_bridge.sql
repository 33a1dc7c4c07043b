{#- The bridge from one period's revenue and margin to another's: price, volume, mix, unit cost, exchange, new and lost. -#}

{#- Sums of invoice lines for one side of a bridge. Unit prices need quantities and costs of the same lines, so lines
    without a known cost are kept apart. -#}
{% macro bridge_sums(prefix, condition) -%}
    sum(case when {{ condition }} and is_cost_known then quantity else 0 end) as {{ prefix }}_quantity,
    sum(case when {{ condition }} and is_cost_known then net_doc else 0 end) as {{ prefix }}_net_doc,
    sum(case when {{ condition }} and is_cost_known then net_rpt else 0 end) as {{ prefix }}_net_rpt,
    sum(case when {{ condition }} and is_cost_known then cost_local else 0 end) as {{ prefix }}_cost_local,
    sum(case when {{ condition }} and is_cost_known then cost_rpt else 0 end) as {{ prefix }}_cost_rpt,
    sum(case when {{ condition }} and is_cost_known and list_price_doc is not null then quantity else 0 end)
        as {{ prefix }}_listed_quantity,
    sum(
        case
            when {{ condition }} and is_cost_known and list_price_doc is not null
                then {{ extended('quantity', 'list_price_doc') }}
            else 0
        end
    )
        as {{ prefix }}_list_doc,
    sum(case when {{ condition }} and not is_cost_known then net_rpt else 0 end) as {{ prefix }}_net_without_cost_rpt,
    sum(case when {{ condition }} then 1 else 0 end) as {{ prefix }}_lines_count
{%- endmacro %}

{#- The same sums over rows that hold them already, under the prefix `one`. -#}
{% macro bridge_totals(prefix, condition) -%}
    {%- for name in [
        "quantity", "net_doc", "net_rpt", "cost_local", "cost_rpt", "listed_quantity", "list_doc", "net_without_cost_rpt",
        "lines_count",
    ] %}
    sum(case when {{ condition }} then one_{{ name }} else 0 end) as {{ prefix }}_{{ name }}{{ "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- CTEs from `pairs` (the keys, and bridge_sums of base and current) to `bridge`.
    Prices are compared in the document's currency and unit costs in the entity's, both at the base period's rates; what
    the rates did is the exchange effect. Each effect keeps the four decimals of a line; mix and exchange take what is
    left, so that a row, and every sum of rows, adds up. -#}
{% macro bridge_effects(keys, period_keys) -%}
    {%- set period = (period_keys + ["entity_id"]) | join(", ") -%}
    rated as (
        select
            *,
            {{ ratio("sum(base_net_rpt) over (partition by " ~ period ~ ", currency)",
                "sum(base_net_doc) over (partition by " ~ period ~ ", currency)") }} as base_rate,
            coalesce({{ ratio("sum(base_cost_rpt) over (partition by " ~ period ~ ")",
                "sum(base_cost_local) over (partition by " ~ period ~ ")") }}, 0) as base_cost_rate
        from pairs
    ),

    kinds as (
        select
            *,
            case
                when base_lines_count = 0 then 'new'
                when current_lines_count = 0 then 'lost'
                when base_quantity > 0 and current_quantity > 0 and base_rate > 0 then 'continuing'
                else 'unpriced'
            end as kind,
            cast(base_quantity as double) as q0,
            cast(current_quantity as double) as q1,
            cast(base_net_doc as double) * base_rate as n0,
            cast(current_net_doc as double) * base_rate as n1,
            cast(base_cost_local as double) * base_cost_rate as c0,
            cast(current_cost_local as double) * base_cost_rate as c1
        from rated
    ),

    means as (
        select
            *,
            {{ ratio("sum(case when kind = 'continuing' then n0 else 0 end) over (partition by " ~ period ~ ", item_type)",
                "sum(case when kind = 'continuing' then q0 else 0 end) over (partition by " ~ period ~ ", item_type)") }}
                as mean_price,
            {{ ratio("sum(case when kind = 'continuing' then n0 - c0 else 0 end) over (partition by " ~ period ~ ", item_type)",
                "sum(case when kind = 'continuing' then q0 else 0 end) over (partition by " ~ period ~ ", item_type)") }}
                as mean_margin
        from kinds
    ),

    effects as (
        select
            *,
            {{ line_amount("base_net_rpt + base_net_without_cost_rpt") }} as total_base_net_rpt,
            {{ line_amount("current_net_rpt + current_net_without_cost_rpt") }} as total_net_rpt,
            {{ line_amount("base_net_rpt - base_cost_rpt") }} as base_margin_rpt,
            {{ line_amount("current_net_rpt - current_cost_rpt") }} as margin_rpt,
            {{ line_amount("case when kind = 'continuing' then n1 - n0 * q1 / q0 else 0 end") }} as price_rpt,
            case
                when kind = 'continuing' and base_listed_quantity > 0 and current_listed_quantity > 0
                    then {{ line_amount(
                        "(cast(current_list_doc as double) / cast(current_listed_quantity as double)"
                        ~ " - cast(base_list_doc as double) / cast(base_listed_quantity as double)) * q1 * base_rate"
                    ) }}
            end as list_price_rpt,
            {{ line_amount("case when kind = 'continuing' then c0 * q1 / q0 - c1 else 0 end") }} as unit_cost_rpt,
            {{ line_amount("case when kind = 'continuing' then (q1 - q0) * mean_price else 0 end") }} as net_volume_rpt,
            {{ line_amount("case when kind = 'continuing' then (q1 - q0) * mean_margin else 0 end") }} as margin_volume_rpt,
            {{ line_amount("case when kind = 'continuing' then (q1 - q0) * n0 / q0 else 0 end") }} as net_volume_and_mix_rpt,
            {{ line_amount("case when kind = 'continuing' then (q1 - q0) * (n0 - c0) / q0 else 0 end") }}
                as margin_volume_and_mix_rpt,
            {{ line_amount("current_net_without_cost_rpt - base_net_without_cost_rpt") }} as net_without_cost_change_rpt
        from means
    ),

    bridge as (
        select
            {{ keys | join(", ") }},
            kind,
            {{ line_amount("0") }} + total_base_net_rpt as base_net_rpt,
            total_net_rpt as net_rpt,
            case when kind = 'new' then total_net_rpt - net_without_cost_change_rpt else {{ line_amount("0") }} end as net_new_rpt,
            case when kind = 'lost' then -total_base_net_rpt - net_without_cost_change_rpt else {{ line_amount("0") }} end
                as net_lost_rpt,
            price_rpt,
            list_price_rpt,
            price_rpt - list_price_rpt as discount_rpt,
            net_volume_rpt,
            net_volume_and_mix_rpt - net_volume_rpt as net_mix_rpt,
            case
                when kind = 'continuing'
                    then total_net_rpt - total_base_net_rpt - net_without_cost_change_rpt - price_rpt - net_volume_and_mix_rpt
                else {{ line_amount("0") }}
            end as net_exchange_rpt,
            case
                when kind = 'unpriced' then total_net_rpt - total_base_net_rpt - net_without_cost_change_rpt
                else {{ line_amount("0") }}
            end as net_unpriced_rpt,
            net_without_cost_change_rpt,
            base_margin_rpt,
            margin_rpt,
            case when kind = 'new' then margin_rpt else {{ line_amount("0") }} end as margin_new_rpt,
            case when kind = 'lost' then -base_margin_rpt else {{ line_amount("0") }} end as margin_lost_rpt,
            margin_volume_rpt,
            margin_volume_and_mix_rpt - margin_volume_rpt as margin_mix_rpt,
            unit_cost_rpt,
            case
                when kind = 'continuing'
                    then margin_rpt - base_margin_rpt - price_rpt - unit_cost_rpt - margin_volume_and_mix_rpt
                else {{ line_amount("0") }}
            end as margin_exchange_rpt,
            case when kind = 'unpriced' then margin_rpt - base_margin_rpt else {{ line_amount("0") }} end as margin_unpriced_rpt
        from effects
    )
{%- endmacro %}

{#- The columns of a bridge, in the order and the types that the marts publish. -#}
{% macro bridge_columns() -%}
    {%- for name in [
        "base_net_rpt", "net_new_rpt", "net_lost_rpt", "price_rpt", "list_price_rpt", "discount_rpt", "net_volume_rpt",
        "net_mix_rpt", "net_exchange_rpt", "net_unpriced_rpt", "net_without_cost_change_rpt", "net_rpt",
        "base_margin_rpt", "margin_new_rpt", "margin_lost_rpt", "margin_volume_rpt", "margin_mix_rpt", "unit_cost_rpt",
        "margin_exchange_rpt", "margin_unpriced_rpt", "margin_rpt",
    ] %}
    {{ line_amount(name) }} as {{ name }}{{ "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- The bridge between any two periods, asked with their first and last days. -#}
{% macro margin_bridge_between() -%}
    {%- set base = "invoiced_on between base_from and base_to" -%}
    {%- set current = "invoiced_on between current_from and current_to" -%}
    with pairs as (
        select
            entity_id,
            customer_id,
            item_id,
            item_type,
            currency,
            {{ bridge_sums("base", base) }},
            {{ bridge_sums("current", current) }}
        from finance.fct_invoice_lines
        where not is_intercompany and ({{ base }} or {{ current }})
        group by entity_id, customer_id, item_id, item_type, currency
    ),

    {{ bridge_effects(["entity_id", "customer_id", "item_id", "item_type", "currency"], []) }}

    select
        entity_id,
        customer_id,
        item_id,
        item_type,
        currency,
        kind,
        {{ bridge_columns() }}
    from bridge
{%- endmacro %}
