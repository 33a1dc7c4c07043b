{#- How a canonical document or payment comes to the amounts that its ERP left out: totals from its lines, local amounts by a
    rate. Each macro is the body of a CTE and keeps every column of what it reads. -#}

{#- `documents` with rate_to_local: the document's own rate, 1 in the entity's own currency, else the spot rate of its day (the
    column `dated`); null where there is none. Expects the CTEs legal_entities and exchange_rates (int_exchange_rates_daily). -#}
{% macro rated(documents, dated) -%}
    select
        {{ documents }}.*,
        coalesce(
            {{ documents }}.exchange_rate,
            case when {{ documents }}.currency = legal_entities.currency then cast(1 as decimal(18, 10)) end,
            exchange_rates.rate
        ) as rate_to_local
    from {{ documents }}
    left join legal_entities on {{ documents }}.entity_id = legal_entities.entity_id
    left join exchange_rates
        on
            {{ documents }}.currency = exchange_rates.from_currency
            and legal_entities.currency = exchange_rates.to_currency
            and {{ documents }}.{{ dated }} = exchange_rates.rate_on
{%- endmacro %}

{#- `documents` with total_net_doc, total_tax_doc and total_gross_doc: as the ERP states them, else the sums of `lines` of the
    same `key`. Lines are summed for documents that need it only: every reader of a view would pay for a sum over all. -#}
{% macro totalled(documents, lines, key, net="net_doc") -%}
    select
        netted.*,
        coalesce(netted.gross_doc, {{ money('netted.total_net_doc + coalesce(netted.total_tax_doc, 0)') }}) as total_gross_doc
    from (
        select
            {{ documents }}.*,
            coalesce({{ documents }}.net_doc, {{ money('line_totals.net_doc') }}) as total_net_doc,
            coalesce({{ documents }}.tax_doc, {{ money('line_totals.tax_doc') }}) as total_tax_doc
        from {{ documents }}
        left join (
            select
                {{ key }},
                sum({{ net }}) as net_doc,
                sum(tax_doc) as tax_doc
            from {{ lines }}
            where
                {{ key }} in (
                    select {{ documents }}.{{ key }}
                    from {{ documents }}
                    where {{ documents }}.net_doc is null or ({{ documents }}.gross_doc is null and {{ documents }}.tax_doc is null)
                )
            group by {{ key }}
        ) as line_totals on {{ documents }}.{{ key }} = line_totals.{{ key }}
    ) as netted
{%- endmacro %}
