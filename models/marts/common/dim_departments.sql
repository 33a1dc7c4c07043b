-- One row per department code. Where two ledgers use one code, it is one department, named by the first of them.
with departments as (
    select
        *,
        row_number() over (partition by department_code order by source_system) as choice
    from {{ ref('int_departments') }}
)

select
    department_code,
    name,
    parent_code,
    manager_name,
    valid_from_on,
    source_system,
    source_id
from departments
where choice = 1
