-- One row per currency, target currency and day with a spot rate not older than seven days.
-- A table, because every amount in the warehouse is joined to it. Targets are the entities' and the reporting currency.
-- A rate is taken as quoted, else the quote of the opposite direction turned, else the chain over a third currency.
{{ config(materialized='table') }}

with spot_quotes as (
    select
        from_currency,
        to_currency,
        rate_on,
        rate,
        row_number() over (partition by from_currency, to_currency, rate_on order by source_system) as choice
    from {{ ref('int_fx_rates') }}
    where
        rate_type = 'spot'
        and rate > 0
        and from_currency <> to_currency
),

directed_quotes as (
    select from_currency, to_currency, rate_on, rate, 1 as preference
    from spot_quotes
    where choice = 1
    union all
    select
        to_currency as from_currency,
        from_currency as to_currency,
        rate_on,
        cast(1 / rate as decimal(18, 10)) as rate,
        2 as preference
    from spot_quotes
    where choice = 1
),

quote_spans as (
    select
        *,
        lead(rate_on) over (partition by from_currency, to_currency, preference order by rate_on) as next_rate_on
    from directed_quotes
),

days_carried as (
    select cast(carried.days as integer) as days
    from (values (0), (1), (2), (3), (4), (5), (6), (7)) as carried (days)
),

daily_quotes as (
    select
        quote_spans.from_currency,
        quote_spans.to_currency,
        cast({{ dbt.dateadd('day', 'days_carried.days', 'quote_spans.rate_on') }} as date) as rate_on,
        quote_spans.rate,
        quote_spans.rate_on as quoted_on,
        quote_spans.preference
    from quote_spans
    cross join days_carried
    where
        quote_spans.next_rate_on is null
        or cast({{ dbt.dateadd('day', 'days_carried.days', 'quote_spans.rate_on') }} as date) < quote_spans.next_rate_on
),

target_currencies as (
    select currency as to_currency from {{ ref('int_legal_entities') }}
    union
    select reporting_currency as to_currency from {{ ref('int_run_context') }}
),

quoted_rates as (
    select daily_quotes.*
    from daily_quotes
    inner join target_currencies on daily_quotes.to_currency = target_currencies.to_currency
),

chained_rates as (
    select
        first_leg.from_currency,
        second_leg.to_currency,
        first_leg.rate_on,
        cast(cast(first_leg.rate as decimal(28, 10)) * second_leg.rate as decimal(18, 10)) as rate,
        least(first_leg.quoted_on, second_leg.quoted_on) as quoted_on,
        3 as preference,
        first_leg.to_currency as over_currency,
        first_leg.preference + second_leg.preference as leg_preference
    from daily_quotes as first_leg
    inner join quoted_rates as second_leg
        on
            first_leg.to_currency = second_leg.from_currency
            and first_leg.rate_on = second_leg.rate_on
            and first_leg.from_currency <> second_leg.to_currency
),

every_rate as (
    select from_currency, to_currency, rate_on, rate, quoted_on, preference, '' as over_currency, 0 as leg_preference
    from quoted_rates
    union all
    select from_currency, to_currency, rate_on, rate, quoted_on, preference, over_currency, leg_preference
    from chained_rates
),

ranked_rates as (
    select
        *,
        row_number() over (
            partition by from_currency, to_currency, rate_on
            order by preference, leg_preference, over_currency
        ) as choice
    from every_rate
)

select
    from_currency,
    to_currency,
    rate_on,
    rate,
    quoted_on,
    case preference when 1 then 'quoted' when 2 then 'inverse' else 'chained' end as method
from ranked_rates
where choice = 1
