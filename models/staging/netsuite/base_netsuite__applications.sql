-- One row per application of a payment, deposit or credit to an invoice or bill that counts, positive; of a voided payment a second
-- time, negative. settled_doc is what the application takes off the invoice or bill, discount_doc the part of it that nobody paid.
-- Only invoices and bills are settled here: what a journal settles stands in the ledger alone.
-- A table: many models read it, each of which would join anew.
{{ config(materialized='table') }}

with links as (select * from {{ ref('base_netsuite__links') }} where link_type = 'Payment'),

documents as (select * from {{ ref('base_netsuite__documents') }}),

lines as (select * from {{ ref('base_netsuite__lines') }}),

postings as (select * from {{ ref('base_netsuite__postings') }}),

-- What a document posts to the accounts of customers and vendors: all that it settles, at the rates of what it settles.
controlled as (
    select
        postings.transaction_id,
        abs(sum(coalesce(lines.amount_doc, postings.amount_local))) as control_doc,
        abs(sum(postings.amount_local)) as control_local
    from postings
    left join lines on postings.transaction_id = lines.transaction_id and postings.line_id = lines.line_id
    where postings.account_kind in ('AcctRec', 'AcctPay')
    group by postings.transaction_id
),

-- A deposit settles through a document of its own kind that was made from it.
settling as (
    select
        documents.*,
        case when documents.transaction_type = 'DepAppl' then documents.created_from_id else documents.document_id end as settling_id,
        abs(documents.gross_doc) as paid_doc,
        documents.transaction_type in ('CustPymt', 'VendPymt') as may_have_discount
    from documents
    where documents.transaction_type in ('CustPymt', 'CustDep', 'DepAppl', 'CustCred', 'VendPymt', 'VendCred')
),

settled as (
    select
        *,
        abs(gross_doc) as total_doc,
        abs(gross_local) as total_local
    from documents
    where transaction_type in ('CustInvc', 'VendBill') and sign = 1
),

paired as (
    select
        settling.document_id || '-' || links.next_line_id || '-' || settled.source_id || '-' || links.previous_line_id as application_id,
        settling.settling_id,
        settling.document_id,
        settling.transaction_type as settling_type,
        settling.sign,
        settled.document_id as settled_id,
        greatest(settling.dated_on, settled.dated_on) as applied_on,
        links.amount_doc as settled_doc,
        settled.total_doc,
        settled.total_local,
        settling.paid_doc,
        settling.may_have_discount,
        settling.exchange_loss_local,
        settling.exchange_rate as settling_rate,
        settled.exchange_rate as settled_rate,
        case
            when settled.discount_due_on >= settling.dated_on
                then {{ money('settled.total_doc * settled.cash_discount_ratio') }}
            else 0
        end as offered_doc,
        controlled.control_doc,
        controlled.control_local,
        settling.source_system,
        settling.source_id || '-' || links.next_line_id || '-' || settled.source_id || '-' || links.previous_line_id as source_id,
        links.batch_id,
        links.batch_row,
        links.loaded_at
    from links
    inner join settling on links.next_id = settling.id
    inner join settled on links.previous_id = settled.id
    left join controlled on settling.id = controlled.transaction_id
),

weighed as (
    select
        *,
        count(*) over (partition by document_id) as application_count,
        -- What is settled beyond what was paid is a discount: a payment cannot apply more than it brought.
        case
            when may_have_discount then greatest(sum(settled_doc) over (partition by document_id) - paid_doc, 0)
            else 0
        end as excess_doc,
        case when sum(offered_doc) over (partition by document_id) > 0 then offered_doc else settled_doc end as weight,
        row_number() over (partition by document_id order by settled_doc desc, application_id asc) as place
    from paired
),

shared as (
    select
        *,
        {{ money('excess_doc * weight / nullif(sum(weight) over (partition by document_id), 0)') }} as share_doc
    from weighed
),

discounted as (
    select
        *,
        -- The largest application takes what rounding leaves.
        share_doc + case when place = 1 then excess_doc - sum(share_doc) over (partition by document_id) else 0 end as discount_doc
    from shared
),

differing as (
    select
        *,
        case
            when exchange_loss_local = 0 then 0
            else
                {{ money('(settled_doc - discount_doc) * settling_rate') }}
                - {{ money('(settled_doc - discount_doc) * settled_rate') }}
        end * case when settling_type in ('VendPymt', 'VendCred') then -1 else 1 end as estimated_local,
        -- What the ledger has for one application alone is that one's.
        application_count = 1 and control_doc = settled_doc as is_booked,
        case
            when application_count = 1 and control_doc = settled_doc then control_local
            else {{ converted('settled_doc', 'settled_rate') }}
        end as own_local
    from discounted
),

closing as (
    select
        *,
        sum(own_local * sign) over (partition by settled_id) - own_local * sign as others_local,
        sum(settled_doc * sign) over (partition by settled_id) = total_doc
        and row_number() over (partition by settled_id order by applied_on desc, application_id desc) = 1 as is_last
    from differing
)

select
    application_id,
    settling_id,
    settling_type,
    settled_id,
    applied_on,
    sign,
    {{ money('(settled_doc - discount_doc) * sign') }} as amount_doc,
    {{ money('discount_doc * sign') }} as discount_doc,
    -- The application that settles a document takes what rounding has left of it in local currency.
    {{ money('case when is_last and not is_booked then total_local - others_local else own_local * sign end') }} as amount_local,
    -- The ledger has one difference per payment; each application takes its own part, the largest what rounding leaves.
    {{ money(
        "(estimated_local + case when place = 1 then -exchange_loss_local - sum(estimated_local) over (partition by document_id) else 0 end)"
        ~ " * sign"
    ) }} as exchange_difference_local,
    source_system,
    source_id,
    batch_id,
    batch_row,
    loaded_at
from closing
