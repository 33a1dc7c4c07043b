-- One row per flow of cash on a known day after the as-of day: the opening balance of each bank account (layer bank, on the
-- as-of day), what is scheduled, taxes beyond the last known due date as they fell due a year before, and credits and payments
-- not applied, in equal parts over the weeks that overdue documents are spread over. Positive is cash in.
{{ config(materialized='table') }}

with scheduled_flows as (select * from {{ ref('scheduled_flows') }}),

tax_schedules as (select * from {{ ref('int_tax_schedules') }}),

receivable_items as (select * from {{ ref('fct_receivable_items') }} where open_local <> 0),

payable_items as (select * from {{ ref('fct_payable_items') }} where open_local <> 0),

mean_days_late as (select * from {{ ref('mean_days_late') }}),

weeks as (select * from {{ ref('projection_weeks') }}),

bank_balances as (select * from {{ ref('fct_bank_balances') }}),

balance_sheet as (select * from {{ ref('balance_sheet') }}),

accounts as (select * from {{ ref('int_payment_accounts') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

run_context as (select * from {{ ref('int_run_context') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

stated_balances as (
    select
        bank_balances.entity_id,
        bank_balances.bank_account_id,
        bank_balances.currency,
        bank_balances.balance_doc,
        bank_balances.balance_rpt
    from bank_balances
    inner join run_context on bank_balances.as_of_on = run_context.as_of
    where bank_balances.balance_rpt is not null
),

stated_entities as (
    select distinct entity_id
    from stated_balances
),

-- The ledger stands in where an entity has no bank statements.
opening as (
    select
        'bank' as layer,
        'bank' as category,
        entity_id,
        currency,
        bank_account_id,
        'bank_account' as document_type,
        bank_account_id as document_id,
        1 as instalment_no,
        cast(null as varchar) as counterparty_id,
        balance_doc as amount_doc,
        balance_rpt as amount_rpt
    from stated_balances
    union all
    select
        'bank' as layer,
        'bank' as category,
        balance_sheet.entity_id,
        entities.currency,
        cast(null as varchar) as bank_account_id,
        'ledger' as document_type,
        'Cash and bank' as document_id,
        1 as instalment_no,
        cast(null as varchar) as counterparty_id,
        sum(balance_sheet.balance_local) as amount_doc,
        sum(balance_sheet.balance_rpt) as amount_rpt
    from balance_sheet
    inner join run_context on balance_sheet.period_end_on = run_context.as_of
    inner join entities on balance_sheet.entity_id = entities.entity_id
    left join stated_entities on balance_sheet.entity_id = stated_entities.entity_id
    where
        balance_sheet.statement_line = 'Cash and bank'
        and stated_entities.entity_id is null
    group by balance_sheet.entity_id, entities.currency
),

last_due as (
    select
        entity_id,
        tax_type,
        max(due_on) as due_on
    from tax_schedules
    group by entity_id, tax_type
),

years_ahead as (
    select cast(numbers.years as integer) as years
    from (values (1), (2)) as numbers (years)
),

repeated_taxes as (
    select
        'tax' as layer,
        tax_schedules.entity_id,
        tax_schedules.tax_type as document_type,
        tax_schedules.tax_schedule_id || ' +' || cast(years_ahead.years as varchar) as document_id,
        cast({{ dbt.dateadd('month', '12 * years_ahead.years', 'tax_schedules.due_on') }} as date) as expected_on,
        entities.currency,
        -tax_schedules.amount_local as amount_doc
    from tax_schedules
    inner join last_due
        on
            tax_schedules.entity_id = last_due.entity_id
            and tax_schedules.tax_type = last_due.tax_type
    inner join entities on tax_schedules.entity_id = entities.entity_id
    cross join years_ahead
    where
        tax_schedules.amount_local is not null
        and tax_schedules.due_on > cast({{ dbt.dateadd('month', -12, 'last_due.due_on') }} as date)
),

dated as (
    select layer, entity_id, document_type, document_id, expected_on, currency, amount_doc
    from scheduled_flows
    union all
    select layer, entity_id, document_type, document_id, expected_on, currency, amount_doc
    from repeated_taxes
),

unapplied_documents as (
    select
        'receivables' as layer,
        'in' as direction,
        'customers' as category,
        entity_id, document_type, document_id, instalment_no, customer_id as counterparty_id, currency,
        {{ money('gross_doc * (cast(open_local as double) / nullif(cast(gross_local as double), 0))') }} as amount_doc,
        open_rpt as amount_rpt
    from receivable_items
    where not (document_type = 'invoice' and gross_local > 0 and open_local > 0)
    union all
    select
        'payables' as layer,
        'out' as direction,
        'vendors' as category,
        entity_id, document_type, document_id, 1 as instalment_no, vendor_id as counterparty_id, currency,
        {{ money('-gross_doc * (cast(open_local as double) / nullif(cast(gross_local as double), 0))') }} as amount_doc,
        -open_rpt as amount_rpt
    from payable_items
    where not (document_type = 'bill' and gross_local > 0 and open_local > 0)
),

-- The last part takes the cents that equal parts leave over.
unapplied as (
    select
        unapplied_documents.*,
        coalesce(own_accounts.bank_account_id, entity_accounts.bank_account_id) as bank_account_id,
        case when weeks.week_no = 0 then cast({{ dbt.dateadd('day', 1, 'weeks.as_of') }} as date) else weeks.week_on end
            as expected_on,
        weeks.week_no = coalesce(mean_days_late.overdue_weeks, 2) - 1 as is_last,
        coalesce(mean_days_late.overdue_weeks, 2) as parts
    from unapplied_documents
    left join mean_days_late
        on
            unapplied_documents.direction = mean_days_late.direction
            and unapplied_documents.entity_id = mean_days_late.entity_id
    inner join weeks on coalesce(mean_days_late.overdue_weeks, 2) > weeks.week_no
    left join accounts as own_accounts
        on
            unapplied_documents.direction = own_accounts.direction
            and unapplied_documents.entity_id = own_accounts.entity_id
            and unapplied_documents.counterparty_id = own_accounts.counterparty_id
    left join accounts as entity_accounts
        on
            unapplied_documents.direction = entity_accounts.direction
            and unapplied_documents.entity_id = entity_accounts.entity_id
            and entity_accounts.counterparty_id = ''
    where unapplied_documents.amount_rpt is not null
),

scheduled as (
    select
        case when dated.document_type = 'capex' then 'capex' else dated.layer end as layer,
        case
            when dated.layer in ('payroll', 'tax', 'debt') then dated.layer
            else dated.document_type
        end as category,
        dated.entity_id,
        dated.currency,
        accounts.bank_account_id,
        dated.document_type,
        dated.document_id,
        1 as instalment_no,
        cast(null as varchar) as counterparty_id,
        dated.expected_on,
        dated.amount_doc,
        case
            when dated.currency = run_context.reporting_currency then dated.amount_doc
            else {{ converted('dated.amount_doc', 'reporting_rates.rate') }}
        end as amount_rpt
    from dated
    cross join run_context
    left join reporting_rates
        on
            dated.currency = reporting_rates.currency
            and run_context.as_of = reporting_rates.rate_on
    left join accounts
        on
            dated.entity_id = accounts.entity_id
            and accounts.direction = case when dated.amount_doc >= 0 then 'in' else 'out' end
            and accounts.counterparty_id = ''
    where
        dated.expected_on > run_context.as_of
        and dated.expected_on <= cast({{ dbt.dateadd('month', 19, 'run_context.as_of') }} as date)
),

every_flow as (
    select
        opening.layer, opening.category, opening.entity_id, opening.currency, opening.bank_account_id,
        opening.document_type, opening.document_id, opening.instalment_no, opening.counterparty_id,
        run_context.as_of as expected_on, opening.amount_doc, opening.amount_rpt
    from opening
    cross join run_context
    union all
    select
        layer, category, entity_id, currency, bank_account_id,
        document_type, document_id, instalment_no, counterparty_id,
        expected_on, amount_doc, amount_rpt
    from scheduled
    union all
    select
        layer, category, entity_id, currency, bank_account_id,
        document_type, document_id, instalment_no, counterparty_id,
        expected_on,
        case
            when is_last then amount_doc - (parts - 1) * {{ money('amount_doc / parts') }}
            else {{ money('amount_doc / parts') }}
        end as amount_doc,
        case
            when is_last then amount_rpt - (parts - 1) * {{ money('amount_rpt / parts') }}
            else {{ money('amount_rpt / parts') }}
        end as amount_rpt
    from unapplied
)

select
    layer,
    category,
    entity_id,
    currency,
    bank_account_id,
    document_type,
    document_id,
    cast(instalment_no as integer) as instalment_no,
    counterparty_id,
    expected_on,
    {{ money('amount_doc') }} as amount_doc,
    {{ money('amount_rpt') }} as amount_rpt
from every_flow
where amount_rpt is not null
