-- One row per line of a posted journal entry. An entry for an exchange difference belongs to the payment that caused it.
with lines as (select * from {{ ref('base_odoo__lines') }}),

companies as (select * from {{ source('raw', 'odoo_company') }}),

sided as (
    select
        *,
        case
            when kind in ('invoice', 'credit_note', 'payment') then 'customer'
            when kind in ('bill', 'bill_payment') then 'vendor'
            when account_kind = 'asset_receivable' then 'customer'
            when account_kind = 'liability_payable' then 'vendor'
            when customer_rank > 0 then 'customer'
            when supplier_rank > 0 then 'vendor'
        end as party_type
    from lines
)

select
    sided.id as journal_line_id,
    sided.move_id as journal_id,
    sided.entity_id,
    sided.posted_on,
    sided.account_code,
    sided.debit_local,
    sided.credit_local,
    sided.currency,
    sided.amount_doc,
    sided.department_code,
    sided.cost_centre_code,
    sided.project_id,
    case when sided.party_type = 'customer' then sided.partner_id end as customer_id,
    case when sided.party_type = 'vendor' then sided.partner_id end as vendor_id,
    sided.product_id as item_id,
    sided.kind as document_type,
    {{ odoo_bare_id('coalesce(sided.paid_by_id, sided.move_id)', 'sided') }} as document_id,
    coalesce(sided.intercompany_entity_id, companies.entity_id) as intercompany_entity_id,
    sided.label as description,
    sided.updated_at,
    {{ odoo_lineage('sided') }}
from sided
left join companies on sided.partner_id = companies.partner_id
where sided.account_code is not null
