-- One row per class, taken as a cost centre. Its code is the external id, where it has one.
with classes as (select * from {{ source('raw', 'netsuite_classification') }})

select
    coalesce(classes.external_id, {{ netsuite_bare_id('classes.id', 'classes') }}) as cost_centre_code,
    classes.name,
    coalesce(parents.external_id, {{ netsuite_bare_id('parents.id', 'classes') }}) as parent_code,
    classes.department_code,
    classes.manager_name,
    cast(null as date) as valid_from_on,
    cast(null as date) as valid_to_on,
    classes.source_system,
    classes.source_id,
    classes.batch_id,
    classes.batch_row,
    classes.loaded_at
from classes
left join classes as parents on classes.parent_id = parents.id
