-- One row per bank and cash journal.
with journals as (select * from {{ source('raw', 'odoo_journal') }}),

companies as (select * from {{ source('raw', 'odoo_company') }}),

currencies as (select * from {{ source('raw', 'odoo_currency') }}),

accounts as (select * from {{ source('raw', 'odoo_account') }})

select
    journals.id as bank_account_id,
    companies.entity_id,
    journals.name,
    currencies.code as currency,
    {{ odoo_account_code('accounts') }} as account_code,
    {{ odoo_lineage('journals') }}
from journals
inner join companies on journals.company_id = companies.id
left join currencies on coalesce(journals.currency_id, companies.currency_id) = currencies.id
left join accounts on journals.default_account_id = accounts.id
where journals.journal_type in ('bank', 'cash', 'credit')
