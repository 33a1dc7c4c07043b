-- One row per currency pair and day with a rate of NetSuite's own table. Average and closing rates follow from these.
with rates as (select * from {{ source('raw', 'netsuite_currencyrate') }}),

currencies as (select * from {{ source('raw', 'netsuite_currency') }}),

-- A rate may be corrected by a second one of the same day.
newest as (
    select
        *,
        row_number() over (
            partition by source_system, base_currency_id, currency_id, rate_on
            order by updated_at desc, id desc
        ) as choice
    from rates
)

select
    currencies.code as from_currency,
    bases.code as to_currency,
    newest.rate_on,
    'spot' as rate_type,
    newest.rate,
    newest.source_system,
    newest.source_id,
    newest.batch_id,
    newest.batch_row,
    newest.loaded_at
from newest
inner join currencies on newest.currency_id = currencies.id
inner join currencies as bases on newest.base_currency_id = bases.id
where newest.choice = 1 and newest.currency_id <> newest.base_currency_id
