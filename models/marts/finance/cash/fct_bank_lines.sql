-- One row per line of a bank statement, up to the as-of day. Positive is money in. Amounts in the account's currency,
-- translated at the booking day's rate; null where that rate is missing.
with bank_lines as (select * from {{ ref('int_bank_lines') }}),

run_context as (select * from {{ ref('int_run_context') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }})

select
    bank_lines.bank_line_id,
    bank_lines.bank_account_id,
    bank_lines.entity_id,
    bank_lines.account_code,
    bank_lines.booked_on,
    {{ month_of('bank_lines.booked_on') }} as month_on,
    bank_lines.currency,
    bank_lines.amount_doc,
    case
        when bank_lines.currency = run_context.reporting_currency then bank_lines.amount_doc
        else {{ converted('bank_lines.amount_doc', 'reporting_rates.rate') }}
    end as amount_rpt,
    bank_lines.balance_doc,
    bank_lines.counterparty,
    bank_lines.reference,
    bank_lines.document_id,
    bank_lines.source_system,
    bank_lines.source_id
from bank_lines
cross join run_context
left join reporting_rates
    on
        bank_lines.currency = reporting_rates.currency
        and bank_lines.booked_on = reporting_rates.rate_on
where
    bank_lines.booked_on <= run_context.as_of
    and bank_lines.entity_id is not null
