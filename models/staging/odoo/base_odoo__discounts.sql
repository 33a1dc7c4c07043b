-- One row per application with the part of it that was not paid but written off with the payment: the early-payment discount. Odoo
-- books it once per payment; it is shared out to documents that offered a discount on that day, else to all, by what was applied.
with applications as (select * from {{ ref('base_odoo__applications') }}),

payments as (select * from {{ source('raw', 'odoo_payment') }}),

lines as (select * from {{ ref('base_odoo__lines') }}),

documents as (select * from {{ ref('base_odoo__due') }}),

written_off as (
    select
        payments.id as payment_id,
        abs(sum(lines.amount_doc)) - payments.amount_doc as written_off_doc
    from payments
    inner join lines on payments.move_id = lines.move_id
    where lines.account_kind in ('asset_receivable', 'liability_payable')
    group by payments.id, payments.amount_doc
    having abs(sum(lines.amount_doc)) <> payments.amount_doc
),

weighed as (
    select
        applications.id,
        applications.settling_id,
        written_off.written_off_doc,
        abs(applications.applied_doc) as weight,
        coalesce(applications.applied_on <= documents.discount_due_on, false) as is_offered,
        bool_or(coalesce(applications.applied_on <= documents.discount_due_on, false)) over (
            partition by applications.settling_id
        ) as is_any_offered
    from applications
    inner join written_off on applications.settling_id = written_off.payment_id
    left join documents on applications.settled_id = documents.id
),

chosen as (
    select
        *,
        row_number() over (partition by settling_id order by weight desc, id asc) as place,
        sum(weight) over (partition by settling_id) as weights
    from weighed
    where is_offered or not is_any_offered
),

shared as (
    select
        *,
        cast(round(written_off_doc * weight / weights, 2) as decimal(18, 2)) as part_doc
    from chosen
    where weights <> 0
)

select
    id,
    -- The largest part takes the cents that rounding leaves.
    part_doc + case when place = 1 then written_off_doc - sum(part_doc) over (partition by settling_id) else 0 end as discount_doc
from shared
