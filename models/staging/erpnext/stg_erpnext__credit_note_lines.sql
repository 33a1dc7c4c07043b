-- One row per line of a submitted credit note, quantities and amounts positive. Leaves out lines that were taken out.
with lines as (
    {{ erpnext_current_lines(source('raw', 'erpnext_sales_invoice_item')) }}
),

credit_notes as (
    select id as credit_note_id from {{ source('raw', 'erpnext_sales_invoice') }}
    where docstatus = 1 and is_return
),

accounts as (
    {{ erpnext_account_codes() }}
)

select
    lines.id as credit_note_line_id,
    lines.document_id as credit_note_id,
    lines.returned_line_id as invoice_line_id,
    lines.item_id,
    -lines.quantity as quantity,
    cast(-lines.net_doc as decimal(18, 2)) as net_doc,
    cast(-lines.net_local as decimal(18, 2)) as net_local,
    -lines.tax_doc as tax_doc,
    coalesce(
        -lines.cost_local, cast(round(nullif(lines.unit_cost_local, 0) * -lines.stock_quantity, 2) as decimal(18, 2))
    ) as cost_local,
    coalesce(accounts.account_code, lines.account) as account_code,
    lines.department_code,
    lines.cost_centre_code,
    lines.project_id,
    lines.line_type,
    {{ lineage() }}
from lines
inner join credit_notes on lines.document_id = credit_notes.credit_note_id
left join accounts on lines.source_system = accounts.account_source_system and lines.account = accounts.account
where lines.updated_at = lines.document_updated_at
