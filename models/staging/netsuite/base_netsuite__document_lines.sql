-- One row per line of a document that counts that is sold or bought: no main line, no tax, no cost of sales, no exchange difference,
-- and no line that only shapes the document. Amounts are those of the ledger, turned where the document is reversed.
-- A table: many models read it, each of which would join anew.
{{ config(materialized='table') }}

with documents as (select * from {{ ref('base_netsuite__documents') }}),

lines as (select * from {{ ref('base_netsuite__lines') }}),

postings as (select * from {{ ref('base_netsuite__postings') }}),

items as (select * from {{ source('raw', 'netsuite_item') }}),

links as (select * from {{ ref('base_netsuite__links') }}),

-- A line may bill several order lines; the first one stands for all.
billed as (
    select
        next_id,
        next_line_id,
        min(previous_id || '-' || previous_line_id) as order_line_id
    from links
    where link_type = 'OrdBill'
    group by next_id, next_line_id
)

select
    documents.document_id,
    documents.transaction_type,
    documents.sign,
    documents.document_id || '-' || lines.line_id as document_line_id,
    billed.order_line_id,
    lines.credited_line_id,
    lines.item_id,
    lines.quantity * documents.sign as quantity,
    lines.list_price_doc,
    lines.unit_price_doc,
    lines.discount_ratio,
    coalesce(lines.amount_doc, lines.amount_local, postings.amount_local) * documents.sign as amount_doc,
    -- At the document's own rate; what the line posts may be at the rate of a receipt.
    coalesce(lines.amount_local, postings.amount_local) * documents.sign as amount_local,
    lines.tax_doc,
    lines.cost_local,
    postings.account_code,
    lines.department_code,
    lines.cost_centre_code,
    lines.project_id,
    case
        when lines.line_type is not null then lines.line_type
        when lines.item_kind = 'ShipItem' then 'freight'
        else {{ netsuite_item_type('items') }}
    end as line_type,
    lines.source_system,
    documents.source_id || '-' || lines.line_id as source_id,
    lines.batch_id,
    lines.batch_row,
    lines.loaded_at
from documents
inner join lines on documents.id = lines.transaction_id
left join postings on lines.transaction_id = postings.transaction_id and lines.line_id = postings.line_id
left join items on lines.item_id = items.id
left join billed on lines.transaction_id = billed.next_id and lines.line_id = billed.next_line_id
where
    not lines.is_main
    and not lines.is_tax
    and not coalesce(lines.is_cost, false)
    and not coalesce(lines.is_exchange_difference, false)
    and coalesce(lines.item_kind, '') not in ('Subtotal', 'Description', 'Group', 'EndGroup')
    and coalesce(lines.amount_doc, lines.amount_local, postings.amount_local) is not null
