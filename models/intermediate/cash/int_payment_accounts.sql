-- One row per direction, entity and counterparty ('' for the entity as a whole) with payments: the bank account that the
-- last of them went through, or that most of the entity's went through in the year before the as-of day.
with payments as (select * from {{ ref('fct_payments') }} where bank_account_id is not null),

run_context as (select * from {{ ref('int_run_context') }}),

latest as (
    select
        direction,
        entity_id,
        coalesce(customer_id, vendor_id) as counterparty_id,
        bank_account_id,
        row_number() over (
            partition by direction, entity_id, coalesce(customer_id, vendor_id) order by paid_on desc, payment_id desc
        ) as recency
    from payments
),

used as (
    select
        payments.direction,
        payments.entity_id,
        payments.bank_account_id,
        row_number() over (
            partition by payments.direction, payments.entity_id
            order by count(*) desc, payments.bank_account_id asc
        ) as place
    from payments
    cross join run_context
    where payments.paid_on > cast({{ dbt.dateadd('day', -365, 'run_context.as_of') }} as date)
    group by payments.direction, payments.entity_id, payments.bank_account_id
)

select
    direction,
    entity_id,
    counterparty_id,
    bank_account_id
from latest
where recency = 1 and counterparty_id is not null
union all
select
    direction,
    entity_id,
    '' as counterparty_id,
    bank_account_id
from used
where place = 1
