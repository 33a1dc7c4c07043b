-- One row per line of a vendor bill, with what its bill says about it.
-- Local amounts left out by the ERP are document times the bill's rate.
with bill_lines as ({{ canonical('bill_line') }}),

bills as (select * from {{ ref('int_bills') }}),

lines_of_bills as (
    select
        bill_lines.*,
        bills.entity_id,
        bills.vendor_id,
        bills.billed_on,
        bills.currency,
        bills.rate_to_local
    from bill_lines
    left join bills on bill_lines.bill_id = bills.bill_id
)

select
    bill_line_id,
    bill_id,
    item_id,
    quantity,
    net_doc,
    coalesce(net_local, {{ converted('net_doc', 'rate_to_local') }}) as net_local,
    tax_doc,
    account_code,
    department_code,
    cost_centre_code,
    project_id,
    source_system,
    source_id,
    batch_id,
    batch_row,
    loaded_at,
    entity_id,
    vendor_id,
    billed_on,
    currency,
    rate_to_local
from lines_of_bills
