-- A returned row is an open document of which a method expects more or less than is open, or with another sign: it would be
-- counted twice or lost. By due dates less is right only for what falls due after the horizon; by payment history what is
-- expected after the horizon has a row of its own, so that nothing may be missing. And an order, deal or purchase order of which
-- more is expected than is promised, or with another sign: what of it was invoiced or billed is expected there.
with projected as (
    select
        method,
        layer,
        document_type,
        document_id,
        instalment_no,
        sum(amount_rpt) as amount_rpt
    from {{ ref('fct_cash_projection_items') }}
    where layer in ('receivables', 'payables') and scenario = 'base'
    group by method, layer, document_type, document_id, instalment_no
),

last_days as (
    select max(week_on) as last_week_on
    from {{ ref('fct_cash_projection') }}
),

open_items as (
    select 'receivables' as layer, document_type, document_id, instalment_no, due_on, open_rpt as amount_rpt
    from {{ ref('fct_receivable_items') }}
    where open_local <> 0 and open_rpt is not null
    union all
    select 'payables' as layer, document_type, document_id, 1 as instalment_no, due_on, -open_rpt as amount_rpt
    from {{ ref('fct_payable_items') }}
    where open_local <> 0 and open_rpt is not null
),

methods as (select method from {{ ref('int_cash_methods') }}),

promises as (
    select
        layer,
        document_type,
        document_id,
        sum(case when layer = 'purchase_orders' then -amount_rpt else amount_rpt * chance_ratio end) as amount_rpt
    from {{ ref('int_cash_promises') }}
    group by layer, document_type, document_id
),

promised_items as (
    select
        layer,
        document_type,
        document_id,
        sum(amount_rpt) as amount_rpt
    from {{ ref('fct_cash_projection_items') }}
    where layer in ('delivered', 'ordered', 'pipeline', 'purchase_orders') and scenario = 'base'
    group by layer, document_type, document_id
)

select
    methods.method,
    open_items.*,
    projected.amount_rpt as projected_rpt
from open_items
cross join methods
cross join last_days
left join projected
    on
        methods.method = projected.method
        and open_items.layer = projected.layer
        and open_items.document_type = projected.document_type
        and open_items.document_id = projected.document_id
        and open_items.instalment_no = projected.instalment_no
where
    coalesce(projected.amount_rpt, 0) <> open_items.amount_rpt
    and not (
        methods.method = 'due_date'
        and projected.amount_rpt is null
        and open_items.due_on > cast({{ dbt.dateadd('day', 6, 'last_days.last_week_on') }} as date)
    )
union all
select
    'payment_history' as method,
    promised_items.layer,
    promised_items.document_type,
    promised_items.document_id,
    1 as instalment_no,
    cast(null as date) as due_on,
    promises.amount_rpt,
    promised_items.amount_rpt as projected_rpt
from promised_items
left join promises
    on
        promised_items.layer = promises.layer
        and promised_items.document_type = promises.document_type
        and promised_items.document_id = promises.document_id
where
    promises.document_id is null
    or promised_items.amount_rpt * promises.amount_rpt < 0
    or abs(promised_items.amount_rpt) > abs(promises.amount_rpt) + 0.01
