-- One row per class. Its code is its name, where the mapping does not name one.
with listed as (select * from {{ source('raw', 'quickbooks_class') }} where not is_deleted)

select
    listed.id,
    coalesce(listed.cost_centre_code, listed.name) as cost_centre_code,
    listed.name,
    coalesce(parents.cost_centre_code, parents.name) as parent_code,
    listed.department_code,
    cast(null as varchar) as manager_name,
    cast(null as date) as valid_from_on,
    cast(null as date) as valid_to_on,
    {{ quickbooks_lineage('listed') }}
from listed
left join listed as parents on listed.parent_id = parents.id
