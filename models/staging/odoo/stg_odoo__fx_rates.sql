-- One row per currency, company currency and day. Rates of no company are those of the database's first one; of two companies with
-- one currency the first one's count.
with rates as (select * from {{ source('raw', 'odoo_currency_rate') }}),

companies as (select * from {{ source('raw', 'odoo_company') }}),

currencies as (select * from {{ source('raw', 'odoo_currency') }}),

first_companies as (
    select
        source_system,
        min(id) as company_id
    from companies
    group by source_system
),

owned as (
    select
        rates.*,
        coalesce(rates.company_id, first_companies.company_id) as owner_id
    from rates
    left join first_companies on rates.source_system = first_companies.source_system
),

named as (
    select
        owned.*,
        currencies.code as from_currency,
        bases.code as to_currency,
        row_number() over (
            partition by owned.source_system, owned.currency_id, companies.currency_id, owned.rate_on order by owned.owner_id, owned.id
        ) as place
    from owned
    inner join companies on owned.owner_id = companies.id
    inner join currencies on owned.currency_id = currencies.id
    inner join currencies as bases on companies.currency_id = bases.id
    where owned.currency_id <> companies.currency_id
)

select
    from_currency,
    to_currency,
    rate_on,
    'spot' as rate_type,
    rate,
    {{ lineage() }}
from named
where place = 1 and rate is not null
