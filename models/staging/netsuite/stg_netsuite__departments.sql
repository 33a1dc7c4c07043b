-- One row per department. Its code is the external id, where it has one: what other systems know it by.
with departments as (select * from {{ source('raw', 'netsuite_department') }})

select
    coalesce(departments.external_id, {{ netsuite_bare_id('departments.id', 'departments') }}) as department_code,
    departments.name,
    coalesce(parents.external_id, {{ netsuite_bare_id('parents.id', 'departments') }}) as parent_code,
    departments.manager_name,
    cast(null as date) as valid_from_on,
    cast(null as date) as valid_to_on,
    departments.source_system,
    departments.source_id,
    departments.batch_id,
    departments.batch_row,
    departments.loaded_at
from departments
left join departments as parents on departments.parent_id = parents.id
