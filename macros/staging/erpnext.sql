{#- The staging model of each canonical entity that ERPNext holds. -#}
{% macro erpnext_staging_models() -%}
    {{ return({
        "customer": "stg_erpnext__customers",
        "vendor": "stg_erpnext__vendors",
        "item": "stg_erpnext__items",
        "invoice": "stg_erpnext__invoices",
        "invoice_line": "stg_erpnext__invoice_lines",
        "credit_note": "stg_erpnext__credit_notes",
        "credit_note_line": "stg_erpnext__credit_note_lines",
        "payment": "stg_erpnext__payments",
        "payment_application": "stg_erpnext__payment_applications",
        "bill": "stg_erpnext__bills",
        "bill_line": "stg_erpnext__bill_lines",
        "bill_payment": "stg_erpnext__bill_payments",
        "bill_payment_application": "stg_erpnext__bill_payment_applications",
        "gl_account": "stg_erpnext__gl_accounts",
        "journal_line": "stg_erpnext__journal_lines",
    }) }}
{%- endmacro %}

{#- The lines that a document has now: a line that was taken out of it kept its document's older stamp. -#}
{% macro erpnext_current_lines(lines) -%}
    select
        *,
        max(updated_at) over (partition by source_system, document_id) as document_updated_at
    from {{ lines }}
{%- endmacro %}

{#- The code of each account: documents name an account by its title, its code and the company's abbreviation together. -#}
{% macro erpnext_account_codes() -%}
    select
        source_system as account_source_system,
        substr(id, length(source_system) + 2) as account,
        coalesce(nullif(account_number, ''), account_name) as account_code
    from {{ source("raw", "erpnext_account") }}
{%- endmacro %}
