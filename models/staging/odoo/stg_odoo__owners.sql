-- One row per user of the database, former ones included. Leaves out people of customers and vendors who may sign in.
with users as (select * from {{ source('raw', 'odoo_user') }}),

teams as (select * from {{ source('raw', 'odoo_crm_team') }})

select
    users.id as owner_id,
    users.name,
    lower(coalesce(users.email, users.login)) as email,
    users.manager_id,
    teams.name as team,
    users.region,
    coalesce(users.is_active, true) as is_active,
    {{ odoo_lineage('users') }}
from users
left join teams on users.team_id = teams.id
where not coalesce(users.is_external, false)
