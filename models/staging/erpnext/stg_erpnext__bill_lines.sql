-- One row per line of a submitted purchase invoice. Leaves out lines that were taken out.
with lines as (
    {{ erpnext_current_lines(source('raw', 'erpnext_purchase_invoice_item')) }}
),

bills as (select id as bill_id from {{ source('raw', 'erpnext_purchase_invoice') }} where docstatus = 1),

accounts as (
    {{ erpnext_account_codes() }}
)

select
    lines.id as bill_line_id,
    lines.document_id as bill_id,
    lines.item_id,
    lines.quantity,
    lines.net_doc,
    lines.net_local,
    lines.tax_doc,
    coalesce(accounts.account_code, lines.account) as account_code,
    lines.department_code,
    lines.cost_centre_code,
    lines.project_id,
    {{ lineage() }}
from lines
inner join bills on lines.document_id = bills.bill_id
left join accounts on lines.source_system = accounts.account_source_system and lines.account = accounts.account
where lines.updated_at = lines.document_updated_at
