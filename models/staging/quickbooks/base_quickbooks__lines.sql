-- One row per line of a document that counts which sells, buys or gives a discount, its amount in the document's own sign. Leaves out
-- subtotals, which would double the sum, descriptions, and what only links documents. A bundle stands for its own lines.
-- A table: several models read it, each of which would take the arrays apart anew.
{{ config(materialized='table') }}

{% set fields = [
    'Id', 'LineNum', 'Amount', 'DetailType', 'SalesItemLineDetail', 'ItemBasedExpenseLineDetail', 'AccountBasedExpenseLineDetail',
    'DiscountLineDetail', 'GroupLineDetail',
] %}

with documents as (select * from {{ ref('base_quickbooks__documents') }}),

items as (select * from {{ source('raw', 'quickbooks_item') }}),

accounts as (select * from {{ ref('stg_quickbooks__gl_accounts') }}),

classes as (select * from {{ ref('stg_quickbooks__cost_centres') }}),

outer_lines as (
    select
        document_id,
        {{ json_elements('lines', fields) }} as line
    from documents
    where lines is not null and transaction_type not in ('Payment', 'BillPayment', 'Deposit', 'Transfer', 'JournalEntry')
),

bundled as (
    select
        document_id,
        {{ json_elements(record_text('line.GroupLineDetail', 'Line'), fields) }} as line
    from outer_lines
    where line.detailtype = 'GroupLineDetail'
),

flat as (
    select * from outer_lines
    union all
    select * from bundled
),

detailed as (
    select
        document_id,
        coalesce(line.id, line.linenum, lower(line.detailtype)) as line_id,
        line.detailtype as detail_type,
        cast(line.amount as decimal(18, 4)) as given_doc,
        coalesce(line.salesitemlinedetail, line.itembasedexpenselinedetail, line.accountbasedexpenselinedetail, line.discountlinedetail)
            as detail
    from flat
    where line.detailtype in ('SalesItemLineDetail', 'ItemBasedExpenseLineDetail', 'AccountBasedExpenseLineDetail', 'DiscountLineDetail')
),

read as (
    select
        documents.*,
        detailed.line_id,
        detailed.detail_type,
        -- A discount is given as a positive amount and taken off.
        coalesce(detailed.given_doc, 0)
        * case when detailed.detail_type = 'DiscountLineDetail' then -1 else 1 end as amount_doc,
        {{ record_text('detailed.detail', 'ItemRef.value') }} as item,
        coalesce(
            {{ record_text('detailed.detail', 'ItemAccountRef.value') }},
            {{ record_text('detailed.detail', 'AccountRef.value') }},
            {{ record_text('detailed.detail', 'DiscountAccountRef.value') }}
        ) as account,
        {{ record_text('detailed.detail', 'ClassRef.value') }} as class,
        cast({{ record_text('detailed.detail', 'Qty') }} as decimal(18, 6)) as quantity,
        cast({{ record_text('detailed.detail', 'UnitPrice') }} as decimal(18, 6)) as unit_price_doc
    from detailed
    inner join documents on detailed.document_id = documents.document_id
),

converted as (
    select
        *,
        {{ line_amount('cast(amount_doc as decimal(28, 4)) * exchange_rate') }} as converted_local
    from read
),

-- QuickBooks gives the worth of a document, not of its lines: what rounding leaves of it is the largest line's.
valued as (
    select
        *,
        converted_local + case
            when
                sum(amount_doc) over (partition by document_id) = net_doc
                and row_number() over (partition by document_id order by abs(amount_doc) desc, line_id asc) = 1
                then net_local - sum(converted_local) over (partition by document_id)
            else 0
        end as amount_local
    from converted
)

select
    valued.document_id || '-' || valued.line_id as document_line_id,
    valued.document_id,
    valued.transaction_type,
    valued.entity_id,
    items.id as item_id,
    valued.item = 'SHIPPING_ITEM_ID' as is_freight,
    valued.quantity,
    valued.unit_price_doc,
    valued.amount_doc,
    {{ line_amount('valued.amount_local') }} as amount_local,
    accounts.account_code,
    valued.department_code,
    coalesce(classes.cost_centre_code, valued.cost_centre_code) as cost_centre_code,
    case
        when valued.item = 'SHIPPING_ITEM_ID' then 'freight'
        when items.item_type is not null then items.item_type
        when items.item_kind in ('Inventory', 'NonInventory') then 'goods'
        when items.item_kind = 'Service' then 'service'
    end as line_type,
    valued.is_credit,
    valued.vendor_id,
    valued.source_system,
    valued.source_id || '-' || valued.line_id as source_id,
    valued.batch_id,
    valued.batch_row,
    valued.loaded_at
from valued
left join items on valued.source_system || ':' || valued.item = items.id
left join classes on valued.source_system || ':' || valued.class = classes.id
left join accounts
    on coalesce(
        valued.source_system || ':' || valued.account,
        case
            when valued.transaction_type in ('Invoice', 'SalesReceipt', 'CreditMemo', 'RefundReceipt') then items.income_account_id
            else items.expense_account_id
        end
    ) = accounts.id
