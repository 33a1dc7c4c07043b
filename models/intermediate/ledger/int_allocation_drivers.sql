-- One row per driver, entity, month and what of a sale the driver knows: its weight in sharing out expenses. A driver that
-- knows no customer, department or project leaves it null; net revenue is not here, since the margins themselves are its weights.
-- headcount: employees of a department on the month's last day, in the entity that employs them.
-- timesheet_hours: hours on a project in the entity of who worked them, with the project's customer.
-- delivered_units: goods delivered to a customer, by item and channel.
-- tickets: those a party opened, in equal parts to the customer accounts that entities had invoiced by then.
-- Leaves out sales within the group.
{{ config(materialized='table') }}

with employees as (select * from {{ ref('int_employees') }}),

timesheets as (select * from {{ ref('int_timesheets') }}),

projects as (select * from {{ ref('int_projects') }}),

delivery_lines as (select * from {{ ref('int_delivery_lines') }}),

order_lines as (select * from {{ ref('int_order_lines') }}),

orders as (select * from {{ ref('int_orders') }}),

tickets as (select * from {{ ref('int_tickets') }}),

party_accounts as (select * from {{ ref('int_party_accounts') }}),

party_customers as (select * from {{ ref('int_party_customers') }}),

invoices as (select * from {{ ref('int_invoices') }}),

items as (select * from {{ ref('int_items') }}),

customers as (select * from {{ ref('int_customers') }}),

month_ends as (select * from {{ ref('int_month_ends') }}),

run_context as (select * from {{ ref('int_run_context') }}),

outside_customers as (
    select
        customer_id,
        region
    from customers
    where intercompany_entity_id is null
),

heads as (
    select
        employees.entity_id,
        month_ends.month_on,
        employees.department_code,
        count(*) as weight
    from employees
    inner join month_ends
        on
            coalesce(employees.hired_on, month_ends.as_of_on) <= month_ends.as_of_on
            and (employees.left_on is null or employees.left_on > month_ends.as_of_on)
    group by employees.entity_id, month_ends.month_on, employees.department_code
),

hours as (
    select
        coalesce(employees.entity_id, projects.entity_id) as entity_id,
        {{ month_of('timesheets.worked_on') }} as month_on,
        timesheets.project_id,
        outside_customers.customer_id,
        outside_customers.region,
        sum(timesheets.hours) as weight
    from timesheets
    cross join run_context
    left join employees on timesheets.employee_id = employees.employee_id
    left join projects on timesheets.project_id = projects.project_id
    left join outside_customers on projects.customer_id = outside_customers.customer_id
    where timesheets.worked_on <= run_context.as_of
    group by
        coalesce(employees.entity_id, projects.entity_id), {{ month_of('timesheets.worked_on') }}, timesheets.project_id,
        outside_customers.customer_id, outside_customers.region
),

units as (
    select
        orders.entity_id,
        {{ month_of('delivery_lines.delivered_on') }} as month_on,
        orders.customer_id,
        outside_customers.region,
        orders.channel,
        order_lines.item_id,
        items.category,
        items.item_type,
        sum(delivery_lines.quantity) as weight
    from delivery_lines
    cross join run_context
    inner join order_lines on delivery_lines.order_line_id = order_lines.order_line_id
    inner join orders on order_lines.order_id = orders.order_id
    inner join outside_customers on orders.customer_id = outside_customers.customer_id
    left join items on order_lines.item_id = items.item_id
    where delivery_lines.delivered_on <= run_context.as_of
    group by
        orders.entity_id, {{ month_of('delivery_lines.delivered_on') }}, orders.customer_id, outside_customers.region,
        orders.channel, order_lines.item_id, items.category, items.item_type
),

opened as (
    select
        party_accounts.party_id,
        {{ month_of('cast(tickets.opened_at as date)') }} as month_on,
        count(*) as tickets_count
    from tickets
    cross join run_context
    inner join party_accounts on tickets.account_id = party_accounts.account_id
    where cast(tickets.opened_at as date) <= run_context.as_of
    group by party_accounts.party_id, {{ month_of('cast(tickets.opened_at as date)') }}
),

invoiced as (
    select
        invoices.entity_id,
        invoices.customer_id,
        outside_customers.region,
        party_customers.party_id,
        {{ month_of('min(invoices.invoiced_on)') }} as first_month_on
    from invoices
    inner join outside_customers on invoices.customer_id = outside_customers.customer_id
    inner join party_customers on invoices.customer_id = party_customers.customer_id
    group by invoices.entity_id, invoices.customer_id, outside_customers.region, party_customers.party_id
),

asked as (
    select
        invoiced.entity_id,
        opened.month_on,
        invoiced.customer_id,
        invoiced.region,
        {{ ratio(
            'opened.tickets_count', 'count(*) over (partition by opened.party_id, opened.month_on)'
        ) }} as weight
    from opened
    inner join invoiced
        on
            opened.party_id = invoiced.party_id
            and opened.month_on >= invoiced.first_month_on
),

every_driver as (
    select
        'headcount' as driver, entity_id, month_on, null as customer_id, null as item_id, null as category,
        null as item_type, department_code, null as region, null as channel, null as project_id, weight
    from heads
    union all
    select
        'timesheet_hours' as driver, entity_id, month_on, customer_id, null as item_id, null as category,
        null as item_type, null as department_code, region, null as channel, project_id, weight
    from hours
    union all
    select
        'delivered_units' as driver, entity_id, month_on, customer_id, item_id, category,
        item_type, null as department_code, region, channel, null as project_id, weight
    from units
    union all
    select
        'tickets' as driver, entity_id, month_on, customer_id, null as item_id, null as category,
        null as item_type, null as department_code, region, null as channel, null as project_id, weight
    from asked
)

select
    driver,
    cast(entity_id as varchar) as entity_id,
    month_on,
    cast(customer_id as varchar) as customer_id,
    cast(item_id as varchar) as item_id,
    cast(category as varchar) as category,
    cast(item_type as varchar) as item_type,
    cast(department_code as varchar) as department_code,
    cast(region as varchar) as region,
    cast(channel as varchar) as channel,
    cast(project_id as varchar) as project_id,
    cast(weight as decimal(18, 6)) as weight
from every_driver
where weight > 0
