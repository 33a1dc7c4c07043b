-- One row: the day that the build speaks for, and the reporting currency.
select
    run_id,
    as_of,
    known_at,
    reporting_currency,
    company_name
from {{ source('raw', 'run_context') }}
