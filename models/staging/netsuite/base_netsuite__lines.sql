-- One row per line of a transaction as it is now, with its legal entity. Leaves out lines that the newest saving of the document
-- did not have any more, and those of elimination subsidiaries: the group's own eliminations are worked out in the marts.
-- A table: many models read it, each of which would join anew.
{{ config(materialized='table') }}

with lines as (select * from {{ source('raw', 'netsuite_transactionline') }}),

transactions as (select * from {{ source('raw', 'netsuite_transaction') }}),

subsidiaries as (select * from {{ source('raw', 'netsuite_subsidiary') }}),

currencies as (select * from {{ source('raw', 'netsuite_currency') }}),

departments as (select * from {{ source('raw', 'netsuite_department') }}),

classes as (select * from {{ source('raw', 'netsuite_classification') }}),

-- An account without subsidiaries is the company's only legal entity, unless the mapping says which one.
only_entity as (
    select
        max(entity_id) as entity_id,
        max(currency) as currency
    from {{ source('raw', 'legal_entity') }}
    having count(*) = 1
),

newest as (
    select
        transaction_id,
        max(saved_at) as saved_at
    from lines
    group by transaction_id
)

select
    lines.*,
    coalesce(subsidiaries.entity_id, transactions.entity_id, only_entity.entity_id) as entity_id,
    coalesce(currencies.code, only_entity.currency) as local_currency,
    coalesce(departments.external_id, {{ netsuite_bare_id('departments.id', 'lines') }}) as department_code,
    coalesce(classes.external_id, {{ netsuite_bare_id('classes.id', 'lines') }}) as cost_centre_code
from lines
inner join newest on lines.transaction_id = newest.transaction_id
left join transactions on lines.transaction_id = transactions.id
left join subsidiaries on lines.subsidiary_id = subsidiaries.id
left join currencies on subsidiaries.currency_id = currencies.id
left join departments on lines.department_id = departments.id
left join classes on lines.class_id = classes.id
left join only_entity on true
where
    lines.updated_at >= newest.saved_at
    and not coalesce(subsidiaries.is_elimination, false)
