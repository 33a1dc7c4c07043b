{#- The staging model of each canonical entity that QuickBooks Online holds. -#}
{% macro quickbooks_staging_models() -%}
    {{ return({
        "customer": "stg_quickbooks__customers",
        "vendor": "stg_quickbooks__vendors",
        "item": "stg_quickbooks__items",
        "quote": "stg_quickbooks__quotes",
        "invoice": "stg_quickbooks__invoices",
        "invoice_line": "stg_quickbooks__invoice_lines",
        "credit_note": "stg_quickbooks__credit_notes",
        "credit_note_line": "stg_quickbooks__credit_note_lines",
        "payment": "stg_quickbooks__payments",
        "payment_application": "stg_quickbooks__payment_applications",
        "bill": "stg_quickbooks__bills",
        "bill_line": "stg_quickbooks__bill_lines",
        "bill_payment": "stg_quickbooks__bill_payments",
        "bill_payment_application": "stg_quickbooks__bill_payment_applications",
        "purchase_order": "stg_quickbooks__purchase_orders",
        "purchase_order_line": "stg_quickbooks__purchase_order_lines",
        "gl_account": "stg_quickbooks__gl_accounts",
        "department": "stg_quickbooks__departments",
        "cost_centre": "stg_quickbooks__cost_centres",
    }) }}
{%- endmacro %}

{#- An id as QuickBooks has it, without the source's name in front. -#}
{% macro quickbooks_bare_id(column, table="") -%}
    substr({{ column }}, length({{ table ~ "." if table }}source_system) + 2)
{%- endmacro %}

{#- The columns of lineage, taken from one of several tables. -#}
{% macro quickbooks_lineage(table) -%}
    {{ table }}.source_system, {{ table }}.source_id, {{ table }}.batch_id, {{ table }}.batch_row, {{ table }}.loaded_at
{%- endmacro %}
