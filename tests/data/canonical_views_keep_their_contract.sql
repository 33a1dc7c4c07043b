-- A returned row is a column that a canonical view lacks, or has with another type than _canonical.yml says, or has
-- without the contract naming it. One query here instead of an enforced contract each, which would cost a second per build.
{% set canonical_views = [
    'int_owners', 'int_accounts', 'int_contacts', 'int_campaigns', 'int_campaign_spend',
    'int_leads', 'int_deals', 'int_deal_lines', 'int_deal_stage_history', 'int_activities',
    'int_quotas', 'int_tickets', 'int_quotes', 'int_subscription_lines', 'int_customers',
    'int_vendors', 'int_items', 'int_price_list_prices', 'int_orders', 'int_order_lines',
    'int_delivery_lines', 'int_invoices', 'int_invoice_lines', 'int_instalments',
    'int_credit_notes', 'int_credit_note_lines', 'int_payments', 'int_payment_applications',
    'int_bills', 'int_bill_lines', 'int_bill_payments', 'int_bill_payment_applications',
    'int_gl_accounts', 'int_journal_lines', 'int_account_balances', 'int_departments',
    'int_cost_centres', 'int_budget_lines', 'int_projects', 'int_timesheets', 'int_employees',
    'int_payroll_lines', 'int_inventory_moves', 'int_stock_counts', 'int_purchase_orders',
    'int_purchase_order_lines', 'int_receipts', 'int_bank_accounts', 'int_bank_lines',
    'int_recurring_items', 'int_loan_schedules', 'int_tax_schedules', 'int_fx_rates',
    'int_fiscal_periods', 'int_targets', 'int_legal_entities', 'int_account_groups',
    'int_touches', 'int_deal_splits', 'int_commission_plans', 'int_reminders', 'int_payment_promises'
] %}
{% for view in canonical_views %}
-- depends_on: {{ ref(view) }}
{% endfor %}
{% set expected = [] %}
{% set views = [] %}
{% if execute %}
    {% for node in graph.nodes.values() if node.resource_type == 'model' and node.config.meta.get('entity') %}
        {% do views.append("'" ~ node.name ~ "'") %}
        {% for column in node.columns.values() %}
            {% do expected.append("('" ~ node.name ~ "', '" ~ column.name ~ "', '" ~ column.data_type ~ "')") %}
        {% endfor %}
        {% for name, data_type in lineage_columns() %}
            {% do expected.append("('" ~ node.name ~ "', '" ~ name ~ "', '" ~ data_type ~ "')") %}
        {% endfor %}
    {% endfor %}
{% endif %}
with expected as (
    select
        listed.view_name,
        listed.column_name,
        replace(listed.data_type, ' ', '') as data_type
    from (values {{ expected | join(', ') if expected else "('', '', '')" }}) as listed (view_name, column_name, data_type)
),

present as (
    select
        table_name as view_name,
        column_name,
        replace(lower(data_type), ' ', '') as data_type
    from system.information_schema.columns
    where
        table_catalog = '{{ target.database }}'
        and table_schema = 'intermediate'
        and table_name in ({{ views | join(', ') if views else "''" }})
)

select
    coalesce(expected.view_name, present.view_name) as view_name,
    coalesce(expected.column_name, present.column_name) as column_name,
    expected.data_type as expected_type,
    present.data_type as present_type
from expected
full outer join present
    on
        expected.view_name = present.view_name
        and expected.column_name = present.column_name
where
    expected.data_type is null
    or present.data_type is null
    or expected.data_type <> present.data_type
