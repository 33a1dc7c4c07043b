-- One row per line of a sales invoice, with what its invoice says about it: entity, customer, day, currency, rate.
-- Amounts left out by the ERP are quantity times price less discount, to four decimals (the invoice is rounded, not its
-- lines); local amounts are document times the invoice's rate.
with invoice_lines as ({{ canonical('invoice_line') }}),

invoices as (select * from {{ ref('int_invoices') }}),

lines_of_invoices as (
    select
        invoice_lines.*,
        coalesce(
            invoice_lines.net_doc,
            {{ line_net('invoice_lines.quantity', 'invoice_lines.unit_price_doc', 'invoice_lines.discount_ratio') }}
        ) as line_net_doc,
        invoices.entity_id,
        invoices.customer_id,
        invoices.order_id,
        invoices.channel,
        invoices.invoiced_on,
        invoices.currency,
        invoices.rate_to_local
    from invoice_lines
    left join invoices on invoice_lines.invoice_id = invoices.invoice_id
)

select
    invoice_line_id,
    invoice_id,
    order_line_id,
    item_id,
    quantity,
    list_price_doc,
    unit_price_doc,
    discount_ratio,
    line_net_doc as net_doc,
    case
        when net_local is not null then net_local
        when rate_to_local = 1 then line_net_doc
        else {{ line_amount(converted(money('line_net_doc'), 'rate_to_local')) }}
    end as net_local,
    tax_doc,
    cost_local,
    account_code,
    department_code,
    cost_centre_code,
    project_id,
    line_type,
    source_system,
    source_id,
    batch_id,
    batch_row,
    loaded_at,
    entity_id,
    customer_id,
    order_id,
    channel,
    invoiced_on,
    currency,
    rate_to_local
from lines_of_invoices
