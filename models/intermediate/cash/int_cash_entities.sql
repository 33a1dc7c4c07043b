-- One row per legal entity: the rate of its currency on the as-of day, the least it should have in its banks, and the bank
-- accounts that its customers pay to and its vendors are paid from.
with entities as (select * from {{ ref('int_legal_entities') }}),

accounts as (select * from {{ ref('int_payment_accounts') }} where counterparty_id = ''),

minimums as (select * from {{ source('raw', 'cash_minimum') }}),

run_context as (select * from {{ ref('int_run_context') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }})

select
    entities.entity_id,
    entities.currency,
    cast(case when entities.is_reporting_currency then 1 else reporting_rates.rate end as double) as rate_to_rpt,
    cast(coalesce(minimums.minimum_balance_rpt, 0) as decimal(18, 2)) as minimum_rpt,
    accounts_in.bank_account_id as account_in,
    accounts_out.bank_account_id as account_out
from entities
cross join run_context
left join reporting_rates
    on
        entities.currency = reporting_rates.currency
        and run_context.as_of = reporting_rates.rate_on
left join accounts as accounts_in
    on entities.entity_id = accounts_in.entity_id and accounts_in.direction = 'in'
left join accounts as accounts_out
    on entities.entity_id = accounts_out.entity_id and accounts_out.direction = 'out'
left join minimums on entities.entity_id = minimums.entity_id
where entities.is_reporting_currency or reporting_rates.rate is not null
