-- One row per department code. Where two ledgers use one code, it is one department, named by the first of them; of
-- several versions the one that holds on the as-of day.
with versions as (
    select
        departments.*,
        row_number() over (
            partition by department_code
            order by
                source_system asc,
                case when coalesce(valid_from_on, run_context.as_of) <= run_context.as_of then 0 else 1 end asc,
                valid_from_on desc
        ) as choice
    from {{ ref('int_departments') }} as departments
    cross join {{ ref('int_run_context') }} as run_context
)

select
    department_code,
    name,
    parent_code,
    manager_name,
    valid_from_on,
    valid_to_on,
    source_system,
    source_id
from versions
where choice = 1
