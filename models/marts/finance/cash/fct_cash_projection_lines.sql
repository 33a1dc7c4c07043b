-- One row per scenario, period (thirteen weeks, eighteen months), entity, currency, bank account, layer and category with cash,
-- by the method payment_history. Positive is cash in; layer bank is the opening balance of the account, in the first period.
-- bank_account_id is empty where no payment has shown an account yet. Weeks and months are two views of the same cash.
with lines as (select * from {{ ref('int_cash_lines') }} where not is_after_horizon),

methods as (select * from {{ ref('int_cash_methods') }} where method = 'payment_history')

select
    methods.method,
    lines.scenario,
    lines.period_kind,
    lines.period_no,
    lines.period_on,
    lines.entity_id,
    lines.currency,
    coalesce(lines.bank_account_id, '') as bank_account_id,
    lines.layer,
    lines.category,
    {{ money('cast(sum(lines.amount_doc_cents) as decimal(18, 2)) / 100') }} as amount_doc,
    {{ money('cast(sum(lines.amount_rpt_cents) as decimal(18, 2)) / 100') }} as amount_rpt,
    methods.is_chosen
from lines
cross join methods
group by
    methods.method,
    lines.scenario,
    lines.period_kind,
    lines.period_no,
    lines.period_on,
    lines.entity_id,
    lines.currency,
    coalesce(lines.bank_account_id, ''),
    lines.layer,
    lines.category,
    methods.is_chosen
