-- One row per location, which the API calls department. Its code is its name, where the mapping does not name one.
with listed as (select * from {{ source('raw', 'quickbooks_department') }} where not is_deleted)

select
    listed.id,
    coalesce(listed.department_code, listed.name) as department_code,
    listed.name,
    coalesce(parents.department_code, parents.name) as parent_code,
    cast(null as varchar) as manager_name,
    cast(null as date) as valid_from_on,
    cast(null as date) as valid_to_on,
    {{ quickbooks_lineage('listed') }}
from listed
left join listed as parents on listed.parent_id = parents.id
