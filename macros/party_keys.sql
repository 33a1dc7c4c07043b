{#- Keys that tell whether two records are one company. Each is null when the text identifies nobody.
    Here and not in the models because engines differ in their text functions. -#}

{#- Text in one form: lower case, ASCII for full-width signs, one form of Arabic and Persian letters and digits, no joiners, no
    marks of direction and no lengthening strokes. Other compatibility forms (㈱, ﬁ) are folded where DuckDB has no function
    for it, so they are only proposed: pipelines/statistics/record_linkage. -#}
{% macro folded_text(expression) -%}
    {{ return(adapter.dispatch("folded_text")(expression)) }}
{%- endmacro %}

{% macro default__folded_text(expression) -%}
    replace(translate(
        lower(nfc_normalize({{ expression }})),
        '０１２３４５６７８９ａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ＆．，－（）　يىكأإٱةۀ٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹' || chr(160)
        || chr(173) || chr(1600) || chr(8203) || chr(8204) || chr(8205) || chr(8206) || chr(8207) || chr(8234) || chr(8235)
        || chr(8236) || chr(8288) || chr(65279),
        '0123456789abcdefghijklmnopqrstuvwxyz&.,-() ییکاااهه01234567890123456789 '
    ), 'ß', 'ss')
{%- endmacro %}

{#- Words of a company name, as one text with single blanks: dots and apostrophes vanish (S.A. is sa), other signs part words.
    A legal form in a script without blanks is parted from the name it is written onto. -#}
{% macro name_words(expression) -%}
    {{ return(adapter.dispatch("name_words")(expression)) }}
{%- endmacro %}

{% macro default__name_words(expression) -%}
    trim(regexp_replace(
        regexp_replace(
            regexp_replace({{ folded_text(expression) }}, '[.''’`´/]', '', 'g'),
            '(股份有限公司|有限责任公司|有限責任公司|有限公司|株式会社|有限会社|合同会社|주식회사|유한회사)', ' \1 ', 'g'
        ),
        '[^\pL\pM\pN]+', ' ', 'g'
    ))
{%- endmacro %}

{#- One row per word: select the columns, `position` and `word` from a relation with a text of words parted by blanks. -#}
{% macro exploded_words(columns, words, relation) -%}
    {{ return(adapter.dispatch("exploded_words")(columns, words, relation)) }}
{%- endmacro %}

{% macro default__exploded_words(columns, words, relation) -%}
    select
        {{ columns | join(", ") }},
        unnest(string_split({{ words }}, ' ')) as word,
        generate_subscripts(string_split({{ words }}, ' '), 1) as position
    from {{ relation }}
    where {{ words }} <> ''
{%- endmacro %}

{#- The digits and Latin letters of a registration number. -#}
{% macro number_signs(expression) -%}
    {{ return(adapter.dispatch("number_signs")(expression)) }}
{%- endmacro %}

{% macro default__number_signs(expression) -%}
    regexp_replace(upper({{ folded_text(expression) }}), '[^0-9A-Z]+', '', 'g')
{%- endmacro %}

{#- Whether a registration number can tell companies apart: five signs, a digit among them, and not one sign repeated. -#}
{% macro is_telling_number(number) -%}
    {{ return(adapter.dispatch("is_telling_number")(number)) }}
{%- endmacro %}

{% macro default__is_telling_number(number) -%}
    (length({{ number }}) >= 5 and regexp_matches({{ number }}, '[0-9]') and replace({{ number }}, left({{ number }}, 1), '') <> '')
{%- endmacro %}

{#- The host of a web or e-mail address: without scheme, path, port and www. -#}
{% macro web_domain(expression) -%}
    {{ return(adapter.dispatch("web_domain")(expression)) }}
{%- endmacro %}

{% macro default__web_domain(expression) -%}
    {%- set host -%}
        regexp_replace(
            regexp_replace(lower(trim({{ expression }})), '^([a-z][a-z0-9+.-]*://)?([^/@?#]*@)?(www[0-9]?\.)?', ''),
            '[/:?#].*$', ''
        )
    {%- endset -%}
    case when regexp_matches({{ host }}, '^[^\s.]+(\.[^\s.]+)+$') then {{ host }} end
{%- endmacro %}
