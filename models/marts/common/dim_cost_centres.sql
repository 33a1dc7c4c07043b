-- One row per cost centre code. Where two ledgers use one code, it is one cost centre, named by the first of them.
with cost_centres as (
    select
        *,
        row_number() over (partition by cost_centre_code order by source_system) as choice
    from {{ ref('int_cost_centres') }}
)

select
    cost_centre_code,
    name,
    parent_code,
    department_code,
    manager_name,
    valid_from_on,
    source_system,
    source_id
from cost_centres
where choice = 1
