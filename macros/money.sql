{#- Expressions on money, ratios and months, the same on every engine that runs the models. -#}

{#- An amount with two decimals. Rounds half away from zero. -#}
{% macro money(expression) -%}
    cast({{ expression }} as decimal(18, 2))
{%- endmacro %}

{#- An amount of one line of a document. A document is rounded once, at its total: a line that its ERP left to be worked
    out keeps four decimals, or thousands of lines would add up to another total than their documents. -#}
{% macro line_amount(expression) -%}
    cast({{ expression }} as decimal(18, 4))
{%- endmacro %}

{#- Numerator over denominator; null when there is nothing to divide by. Both are summed before. -#}
{% macro ratio(numerator, denominator) -%}
    cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0)
{%- endmacro %}

{#- What of an amount belongs to an owner's share in a deal (int_deal_shares, in scope by the relation's name). The parts add up
    to the amount. -#}
{% macro shared(amount, relation="shares") -%}
    {{ money("cast(" ~ money(amount) ~ " as decimal(28, 2)) * " ~ relation ~ ".to_ratio") }}
    - {{ money("cast(" ~ money(amount) ~ " as decimal(28, 2)) * " ~ relation ~ ".from_ratio") }}
{%- endmacro %}

{#- An amount, decimal(18, 2), in another currency at a rate, decimal(18, 10); exact, then rounded to cents. -#}
{% macro converted(amount, rate) -%}
    {{ return(adapter.dispatch("converted", "plumbline")(amount, rate)) }}
{%- endmacro %}

{% macro default__converted(amount, rate) -%}
    cast(cast({{ amount }} as decimal(28, 2)) * {{ rate }} as decimal(18, 2))
{%- endmacro %}

{#- DuckDB multiplies decimal(18, x) in 64 bits, exactly, up to 999,999; rounding a 128-bit product is a hundred times
    slower (7.5 against 0.05 CPU seconds on 10M rows). So only an amount that needs the wide product gets it. -#}
{% macro duckdb__converted(amount, rate) -%}
    case
        when abs(cast({{ amount }} as double) * cast({{ rate }} as double)) < 900000
            then cast({{ amount }} * {{ rate }} as decimal(18, 2))
        else cast(cast({{ amount }} as decimal(28, 2)) * {{ rate }} as decimal(18, 2))
    end
{%- endmacro %}

{#- An amount of an entity in the reporting currency. Expects the relations `entities` (int_legal_entities) and
    `reporting_rates` (int_reporting_rates, joined on the entity's currency and the posting day) in scope; null where a
    rate is missing, and such a row is held. -#}
{% macro in_reporting_currency(amount) -%}
    case
        when entities.is_reporting_currency then {{ amount }}
        else {{ converted(amount, "reporting_rates.rate") }}
    end
{%- endmacro %}

{#- Quantity, decimal(18, 6), times unit price, decimal(18, 6), in cents. -#}
{% macro extended(quantity, unit_price) -%}
    {{ return(adapter.dispatch("extended", "plumbline")(quantity, unit_price)) }}
{%- endmacro %}

{% macro default__extended(quantity, unit_price) -%}
    cast(cast({{ quantity }} as decimal(20, 6)) * {{ unit_price }} as decimal(18, 2))
{%- endmacro %}

{#- In 64 bits where it fits, as in duckdb__converted. -#}
{% macro duckdb__extended(quantity, unit_price) -%}
    case
        when abs(cast({{ quantity }} as double) * cast({{ unit_price }} as double)) < 900000
            then cast({{ quantity }} * {{ unit_price }} as decimal(18, 2))
        else cast(cast({{ quantity }} as decimal(28, 6)) * {{ unit_price }} as decimal(18, 2))
    end
{%- endmacro %}

{#- Quantity times unit price, less a line discount, as the net amount of a document's line, decimal(18, 4). -#}
{% macro line_net(quantity, unit_price, discount_ratio) -%}
    cast(
        cast({{ quantity }} as decimal(28, 6)) * {{ unit_price }} * (1 - coalesce({{ discount_ratio }}, 0))
        as decimal(18, 4)
    )
{%- endmacro %}

{#- The part of an amount that a fraction of two amounts makes, in cents; exact, then rounded half away from zero: half of
    1,409.99 is 705.00, where doubles say 704.99. Null when there is nothing to divide by. -#}
{% macro part_of(amount, numerator, denominator) -%}
    {{ return(adapter.dispatch("part_of", "plumbline")(amount, numerator, denominator)) }}
{%- endmacro %}

{% macro default__part_of(amount, numerator, denominator) -%}
    {{ money("cast(" ~ amount ~ " as decimal(28, 12)) * (" ~ numerator ~ ") / nullif(" ~ denominator ~ ", 0)") }}
{%- endmacro %}

{#- DuckDB divides decimals as doubles; whole numbers of 128 bits it divides exactly. -#}
{% macro duckdb__part_of(amount, numerator, denominator) -%}
    {%- set whole = "cast(cast(" ~ amount ~ " as decimal(38, 12)) * 1000000000000 as hugeint) * cast((" ~ numerator ~ ") * 100 as hugeint)" -%}
    {%- set parts = "cast((" ~ denominator ~ ") * 100 as hugeint) * 10000000000" -%}
    cast(
        cast(
            sign({{ whole }}) * sign({{ parts }})
            * ((2 * abs({{ whole }}) + abs({{ parts }})) // nullif(2 * abs({{ parts }}), 0)) as decimal(20, 0)
        ) * 0.01 as decimal(18, 2)
    )
{%- endmacro %}

{#- First day of the month of a date. -#}
{% macro month_of(date_expression) -%}
    cast({{ dbt.date_trunc("month", date_expression) }} as date)
{%- endmacro %}

{#- The part of an amount that falls to a row of a weight, rounded to cents. `until` is the exact sum of weights up to and with
    the row, in an order of the whole: parts in that order add up to the amount. -#}
{% macro share_of(amount, until, weight, total) -%}
    {{ money("cast(" ~ amount ~ " as double) * cast(" ~ until ~ " as double) / cast(" ~ total ~ " as double)") }}
    - {{ money("cast(" ~ amount ~ " as double) * cast(" ~ until ~ " - " ~ weight ~ " as double) / cast(" ~ total ~ " as double)") }}
{%- endmacro %}
