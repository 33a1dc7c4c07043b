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

{#- What payments of one side settled, to allocations: one row per settlement of a document by a payment, less drafts, cancelled
    payments and documents, and allocations taken back. ERPNext allocates in the currency of the party's account: the amount of
    a document in another one is that at the document's own rate. Else what it is worth is worked out by the canonical model. Money paid in advance settles a document once there is one, or
    on the day that ERPNext notes. A discount that was taken is in what is allocated: the mapping names it, in the document's
    currency. -#}
{% macro erpnext_allocations(party_type, document_type, documents) -%}
applied as (
    select
        *,
        max(updated_at) over (partition by source_system, payment_id) as payment_updated_at
    from {{ source('raw', 'erpnext_payment_entry_reference') }}
),

payments as (
    select
        id as payment_id,
        paid_on,
        case when payment_type = 'Pay' then received_currency else paid_currency end as currency
    from {{ source('raw', 'erpnext_payment_entry') }}
    where docstatus = 1 and party_type = '{{ party_type }}'
),

documents as (
    select
        id as document_id,
        posted_on,
        currency,
        exchange_rate
    from {{ source('raw', documents) }}
    where docstatus = 1
),

allocations as (
    select
        applied.id,
        payments.payment_id,
        applied.document_id,
        coalesce(applied.settled_on, greatest(payments.paid_on, documents.posted_on)) as applied_on,
        cast(
            case
                when payments.currency = documents.currency then applied.allocated
                else round(applied.allocated / nullif(documents.exchange_rate, 0), 2)
            end - coalesce(applied.discount_doc, 0) as decimal(18, 2)
        ) as amount_doc,
        case when payments.currency <> documents.currency then applied.allocated end as amount_local,
        applied.discount_doc,
        applied.exchange_gain_local,
        {{ lineage() }}
    from applied
    inner join payments on applied.payment_id = payments.payment_id
    inner join documents on applied.document_id = documents.document_id
    where applied.document_type = '{{ document_type }}' and applied.updated_at = applied.payment_updated_at
)
{%- endmacro %}
