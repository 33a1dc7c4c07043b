-- One row per legal entity of the company, from plumbline.yaml.
with legal_entities as ({{ canonical('legal_entity') }}),

run_context as (select * from {{ ref('int_run_context') }})

select
    legal_entities.*,
    run_context.reporting_currency,
    legal_entities.currency = run_context.reporting_currency as is_reporting_currency
from legal_entities
left join run_context on true
