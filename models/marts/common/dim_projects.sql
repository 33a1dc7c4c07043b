-- One row per customer or internal project.
select
    project_id,
    entity_id,
    customer_id,
    name,
    project_type,
    contract_value_doc,
    currency,
    budget_hours,
    started_on,
    ended_on,
    status,
    source_system,
    source_id
from {{ ref('int_projects') }}
