-- One row per invoice instalment and vendor bill with an amount, open or settled, of the last five years: what the timing of
-- payments is learned from and applied to. Reporting amounts are at the as-of day's rate, settled ones too, so that no
-- forecast is judged by exchange rates. bank_account_id is where the money is expected to move.
{{ config(materialized='table') }}

with receivable_items as (select * from {{ ref('fct_receivable_items') }}),

payable_items as (select * from {{ ref('fct_payable_items') }}),

customers as (select * from {{ ref('dim_customers') }}),

vendors as (select * from {{ ref('dim_vendors') }}),

accounts as (select * from {{ ref('int_payment_accounts') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

run_context as (select * from {{ ref('int_run_context') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

every_document as (
    select
        'receivables' as layer,
        'in' as direction,
        receivable_items.entity_id,
        receivable_items.document_type,
        receivable_items.document_id,
        receivable_items.instalment_no,
        receivable_items.customer_id as counterparty_id,
        case when receivable_items.is_intercompany then 'group' else coalesce(customers.segment, '') end as segment,
        receivable_items.currency,
        receivable_items.invoiced_on as issued_on,
        receivable_items.due_on,
        receivable_items.gross_doc,
        receivable_items.gross_local,
        receivable_items.due_before_local,
        receivable_items.open_local,
        receivable_items.open_rpt,
        receivable_items.disputed_on,
        receivable_items.dispute_ended_on
    from receivable_items
    left join customers on receivable_items.customer_id = customers.customer_id
    where receivable_items.document_type = 'invoice' and receivable_items.gross_local > 0
    union all
    select
        'payables' as layer,
        'out' as direction,
        payable_items.entity_id,
        payable_items.document_type,
        payable_items.document_id,
        1 as instalment_no,
        payable_items.vendor_id as counterparty_id,
        case when payable_items.is_intercompany then 'group' else coalesce(vendors.category, '') end as segment,
        payable_items.currency,
        payable_items.billed_on as issued_on,
        payable_items.due_on,
        payable_items.gross_doc,
        payable_items.gross_local,
        cast(0 as decimal(18, 2)) as due_before_local,
        payable_items.open_local,
        payable_items.open_rpt,
        cast(null as date) as disputed_on,
        cast(null as date) as dispute_ended_on
    from payable_items
    left join vendors on payable_items.vendor_id = vendors.vendor_id
    where payable_items.document_type = 'bill' and payable_items.gross_local > 0
),

reported as (
    select
        every_document.*,
        coalesce(own_accounts.bank_account_id, entity_accounts.bank_account_id) as bank_account_id,
        {{ in_reporting_currency('every_document.gross_local') }} as gross_rpt,
        {{ money(
            'every_document.gross_doc * cast(every_document.open_local as double)'
            ~ ' / nullif(cast(every_document.gross_local as double), 0)'
        ) }} as open_doc
    from every_document
    cross join run_context
    inner join entities on every_document.entity_id = entities.entity_id
    left join reporting_rates
        on
            entities.currency = reporting_rates.currency
            and run_context.as_of = reporting_rates.rate_on
    left join accounts as own_accounts
        on
            every_document.direction = own_accounts.direction
            and every_document.entity_id = own_accounts.entity_id
            and every_document.counterparty_id = own_accounts.counterparty_id
    left join accounts as entity_accounts
        on
            every_document.direction = entity_accounts.direction
            and every_document.entity_id = entity_accounts.entity_id
            and entity_accounts.counterparty_id = ''
    where
        every_document.open_local <> 0
        or every_document.issued_on > cast({{ dbt.dateadd('day', -1826, 'run_context.as_of') }} as date)
)

select * from reported
where gross_rpt is not null
