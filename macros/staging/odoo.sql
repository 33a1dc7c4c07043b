{#- The staging model of each canonical entity that Odoo holds. -#}
{% macro odoo_staging_models() -%}
    {{ return({
        "owner": "stg_odoo__owners",
        "account": "stg_odoo__accounts",
        "contact": "stg_odoo__contacts",
        "campaign": "stg_odoo__campaigns",
        "lead": "stg_odoo__leads",
        "deal": "stg_odoo__deals",
        "deal_stage_history": "stg_odoo__deal_stage_history",
        "activity": "stg_odoo__activities",
        "quote": "stg_odoo__quotes",
        "customer": "stg_odoo__customers",
        "vendor": "stg_odoo__vendors",
        "item": "stg_odoo__items",
        "order": "stg_odoo__orders",
        "order_line": "stg_odoo__order_lines",
        "invoice": "stg_odoo__invoices",
        "invoice_line": "stg_odoo__invoice_lines",
        "credit_note": "stg_odoo__credit_notes",
        "credit_note_line": "stg_odoo__credit_note_lines",
        "payment": "stg_odoo__payments",
        "payment_application": "stg_odoo__payment_applications",
        "bill": "stg_odoo__bills",
        "bill_line": "stg_odoo__bill_lines",
        "bill_payment": "stg_odoo__bill_payments",
        "bill_payment_application": "stg_odoo__bill_payment_applications",
        "purchase_order": "stg_odoo__purchase_orders",
        "purchase_order_line": "stg_odoo__purchase_order_lines",
        "gl_account": "stg_odoo__gl_accounts",
        "journal_line": "stg_odoo__journal_lines",
        "bank_account": "stg_odoo__bank_accounts",
        "fx_rate": "stg_odoo__fx_rates",
    }) }}
{%- endmacro %}

{#- An id as Odoo has it, without the source's name in front. -#}
{% macro odoo_bare_id(column, table) -%}
    substr({{ column }}, length({{ table }}.source_system) + 2)
{%- endmacro %}

{#- The id of a payment that is no record of its own: the line of the bank's entry that settles a document. -#}
{% macro odoo_line_payment_id(line_id, table) -%}
    {{ table }}.source_system || ':line-' || {{ odoo_bare_id(line_id, table) }}
{%- endmacro %}

{#- The id of a payment that is no payment in Odoo: the refund of a vendor that was applied to a bill. Refunds are numbered with the
    entries, payments by themselves: the same number may be both. -#}
{% macro odoo_refund_payment_id(move_id, table) -%}
    {{ table }}.source_system || ':refund-' || {{ odoo_bare_id(move_id, table) }}
{%- endmacro %}

{#- An account's number. From Odoo 18 on another company's stands before that company's name. -#}
{% macro odoo_account_code(table) -%}
    coalesce({{ table }}.account_code, nullif(split_part({{ table }}.placeholder_code, ' ', 1), ''))
{%- endmacro %}

{#- What a product is, where the mapping does not say it. Up to Odoo 17 stored goods are of the type product. -#}
{% macro odoo_item_type(templates) -%}
    coalesce({{ templates }}.item_type, case when {{ templates }}.product_type = 'service' then 'service' else 'goods' end)
{%- endmacro %}

{#- The columns of lineage, taken from one of several tables. -#}
{% macro odoo_lineage(table) -%}
    {{ table }}.source_system, {{ table }}.source_id, {{ table }}.batch_id, {{ table }}.batch_row, {{ table }}.loaded_at
{%- endmacro %}

{#- Payments of one side (customer or supplier), to every_payment: one row per payment whose entry is posted, positive the usual
    way, from customers or to suppliers. A payment without an entry waits for the bank's line; a bank line that settles a
    document by itself is a payment too. -#}
{% macro odoo_payments(partner_type) -%}
{%- set is_customer = partner_type == 'customer' -%}
payments as (select * from {{ source('raw', 'odoo_payment') }}),

moves as (select * from {{ ref('base_odoo__moves') }}),

lines as (select * from {{ ref('base_odoo__lines') }}),

currencies as (select * from {{ source('raw', 'odoo_currency') }}),

partners as (select * from {{ source('raw', 'odoo_partner') }}),

every_payment as (
    select
        payments.id as payment_id,
        moves.entity_id,
        coalesce(partners.commercial_partner_id, payments.partner_id) as partner_id,
        payments.paid_on,
        currencies.code as currency,
        case when payments.payment_type = '{{ 'inbound' if is_customer else 'outbound' }}' then payments.amount_doc else -payments.amount_doc end
            as amount_doc,
        {{ '' if is_customer else '-' }}payments.amount_local_signed as amount_local,
        payments.journal_id as bank_account_id,
        {{ odoo_lineage('payments') }}
    from payments
    inner join moves on payments.move_id = moves.id
    left join currencies on payments.currency_id = currencies.id
    left join partners on payments.partner_id = partners.id
    where payments.partner_type = '{{ partner_type }}'
    union all
    select
        {{ odoo_line_payment_id('lines.id', 'lines') }} as payment_id,
        lines.entity_id,
        lines.partner_id,
        lines.posted_on as paid_on,
        lines.currency,
        {{ '-' if is_customer else '' }}lines.amount_doc as amount_doc,
        {{ '-' if is_customer else '' }}lines.balance_local as amount_local,
        moves.journal_id as bank_account_id,
        lines.source_system,
        'line-' || lines.source_id as source_id,
        lines.batch_id,
        lines.batch_row,
        lines.loaded_at
    from lines
    inner join moves on lines.move_id = moves.id
    where
        lines.account_kind = '{{ 'asset_receivable' if is_customer else 'liability_payable' }}'
        and lines.partner_id is not null
        and moves.move_type = 'entry'
        and moves.journal_type in ('bank', 'cash', 'credit')
        and moves.paid_by_id is null
        and not moves.is_exchange
)
{%- endmacro %}
