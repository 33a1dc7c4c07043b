{#- The bucket of an open item by its days overdue; an item due today or later is not due. -#}
{% macro ageing_bucket(days_overdue) -%}
    case
        when {{ days_overdue }} <= 0 then 'not_due'
        when {{ days_overdue }} <= 30 then '1_30'
        when {{ days_overdue }} <= 60 then '31_60'
        when {{ days_overdue }} <= 90 then '61_90'
        else 'over_90'
    end
{%- endmacro %}

{#- What of the amount settled on a document falls on one of its instalments: the oldest is settled first, and the last
    one takes whatever is paid beyond the document's total. -#}
{% macro settled_of_instalment(settled, instalment) -%}
    case
        when {{ instalment }}.instalments_count = 1 then {{ settled }}
        when {{ instalment }}.instalment_no = {{ instalment }}.instalments_count
            then greatest({{ settled }} - {{ instalment }}.due_before_local, 0)
        else least(greatest({{ settled }} - {{ instalment }}.due_before_local, 0), {{ instalment }}.gross_local)
    end
{%- endmacro %}

{#- CTEs up to `open_documents`: one row per month end (and the as-of day) and document that stood open on it, with what was open
    by the events up to that day. Expects the CTEs `events` (fct_receivable_events or fct_payable_events) and `month_ends`. -#}
{% macro documents_open_at_month_ends(partner_id) -%}
documents as (
    select
        document_type,
        document_id,
        entity_id,
        {{ partner_id }},
        min(event_on) as first_on,
        max(event_on) as last_on,
        min(case when event_type = 'posted' then event_on end) as posted_on,
        sum(case when event_type = 'posted' then amount_local else 0 end) as posted_local,
        sum(amount_local) as balance_local,
        count(*) as events_count
    from events
    group by document_type, document_id, entity_id, {{ partner_id }}
),

-- Most documents are settled within the month and never stand open at its end.
open_at_month_ends as (
    select
        documents.document_type,
        documents.document_id,
        documents.entity_id,
        documents.{{ partner_id }},
        documents.posted_local,
        -- Posted, then settled at once: between the two days it stands at its full amount.
        documents.events_count = 1
        or (documents.events_count = 2 and documents.balance_local = 0 and documents.posted_on = documents.first_on)
            as is_open_in_full,
        month_ends.as_of_on
    from documents
    inner join month_ends
        on
            documents.first_on <= month_ends.as_of_on
            and (documents.balance_local <> 0 or documents.last_on > month_ends.as_of_on)
),

open_in_part as (
    select
        open_at_month_ends.document_type,
        open_at_month_ends.document_id,
        open_at_month_ends.as_of_on,
        sum(events.amount_local) as open_local
    from open_at_month_ends
    inner join events
        on
            open_at_month_ends.document_type = events.document_type
            and open_at_month_ends.document_id = events.document_id
            and open_at_month_ends.as_of_on >= events.event_on
    where not open_at_month_ends.is_open_in_full
    group by open_at_month_ends.document_type, open_at_month_ends.document_id, open_at_month_ends.as_of_on
),

open_documents as (
    select
        open_at_month_ends.document_type,
        open_at_month_ends.document_id,
        open_at_month_ends.entity_id,
        open_at_month_ends.{{ partner_id }},
        open_at_month_ends.as_of_on,
        open_at_month_ends.posted_local,
        {{ money(
            'case when open_at_month_ends.is_open_in_full then open_at_month_ends.posted_local'
            ~ ' else open_in_part.open_local end'
        ) }} as open_local
    from open_at_month_ends
    left join open_in_part
        on
            open_at_month_ends.document_type = open_in_part.document_type
            and open_at_month_ends.document_id = open_in_part.document_id
            and open_at_month_ends.as_of_on = open_in_part.as_of_on
)
{%- endmacro %}
