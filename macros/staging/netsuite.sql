{#- The staging model of each canonical entity that NetSuite holds. -#}
{% macro netsuite_staging_models() -%}
    {{ return({
        "customer": "stg_netsuite__customers",
        "vendor": "stg_netsuite__vendors",
        "item": "stg_netsuite__items",
        "order": "stg_netsuite__orders",
        "order_line": "stg_netsuite__order_lines",
        "invoice": "stg_netsuite__invoices",
        "invoice_line": "stg_netsuite__invoice_lines",
        "credit_note": "stg_netsuite__credit_notes",
        "credit_note_line": "stg_netsuite__credit_note_lines",
        "payment": "stg_netsuite__payments",
        "payment_application": "stg_netsuite__payment_applications",
        "bill": "stg_netsuite__bills",
        "bill_line": "stg_netsuite__bill_lines",
        "bill_payment": "stg_netsuite__bill_payments",
        "bill_payment_application": "stg_netsuite__bill_payment_applications",
        "purchase_order": "stg_netsuite__purchase_orders",
        "purchase_order_line": "stg_netsuite__purchase_order_lines",
        "gl_account": "stg_netsuite__gl_accounts",
        "journal_line": "stg_netsuite__journal_lines",
        "department": "stg_netsuite__departments",
        "cost_centre": "stg_netsuite__cost_centres",
        "fx_rate": "stg_netsuite__fx_rates",
        "fiscal_period": "stg_netsuite__fiscal_periods",
    }) }}
{%- endmacro %}

{#- An id as NetSuite has it, without the source's name in front. -#}
{% macro netsuite_bare_id(column, table="") -%}
    substr({{ column }}, length({{ table ~ "." if table }}source_system) + 2)
{%- endmacro %}

{#- What an item is, where the mapping does not say it. -#}
{% macro netsuite_item_type(items) -%}
    coalesce(
        {{ items }}.item_type,
        case
            when {{ items }}.item_kind in ('InvtPart', 'NonInvtPart', 'Assembly', 'Kit', 'GiftCert', 'DwnLdItem') then 'goods'
            when {{ items }}.item_kind is not null then 'service'
        end
    )
{%- endmacro %}

{#- The columns of lineage, taken from one of several tables. -#}
{% macro netsuite_lineage(table) -%}
    {{ table }}.source_system, {{ table }}.source_id, {{ table }}.batch_id, {{ table }}.batch_row, {{ table }}.loaded_at
{%- endmacro %}
