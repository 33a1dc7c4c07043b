{#- Lines of the bank and bookings that are each other's only candidate under a rule. -#}
{% macro only_pairs(candidates, rule) -%}
    select
        bank_line_id,
        booking_id,
        document_id
    from (
        select
            bank_line_id,
            booking_id,
            document_id,
            count(*) over (partition by bank_line_id) as bookings_count,
            count(*) over (partition by booking_id) as lines_count
        from {{ candidates }}
        where {{ rule }} = 1
    ) as counted
    where
        bookings_count = 1
        and lines_count = 1
{%- endmacro %}

{#- Candidates neither of whose sides a pair has taken. -#}
{% macro without_pairs(candidates, pairs) -%}
    select {{ candidates }}.*
    from {{ candidates }}
    left join {{ pairs }} as lines_taken on {{ candidates }}.bank_line_id = lines_taken.bank_line_id
    left join {{ pairs }} as bookings_taken on {{ candidates }}.booking_id = bookings_taken.booking_id
    where
        lines_taken.bank_line_id is null
        and bookings_taken.booking_id is null
{%- endmacro %}
