-- One row per month, entity, vendor, category, account, department and cost centre with vendor bills: what was bought from
-- whom, without tax, by posting day; debit notes are negative. The category is the item's, else the vendor's, else
-- `uncategorised`, which is shown and not spread. Held bills are left out; group companies are flagged.
with bill_lines as (select * from {{ ref('int_bill_lines') }} where net_local is not null),

vendors as (select * from {{ ref('int_vendors') }}),

items as (select * from {{ ref('int_items') }}),

entities as (select * from {{ ref('int_legal_entities') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

run_context as (select * from {{ ref('int_run_context') }}),

categorised as (
    select
        {{ month_of('bill_lines.billed_on') }} as month_on,
        bill_lines.entity_id,
        bill_lines.vendor_id,
        coalesce(items.category, vendors.category, 'uncategorised') as category,
        bill_lines.account_code,
        bill_lines.department_code,
        bill_lines.cost_centre_code,
        coalesce(vendors.intercompany_entity_id is not null, false) as is_intercompany,
        bill_lines.net_local,
        {{ in_reporting_currency(money('bill_lines.net_local')) }} as net_rpt
    from bill_lines
    cross join run_context
    inner join entities on bill_lines.entity_id = entities.entity_id
    left join vendors on bill_lines.vendor_id = vendors.vendor_id
    left join items on bill_lines.item_id = items.item_id
    left join reporting_rates
        on
            entities.currency = reporting_rates.currency
            and bill_lines.billed_on = reporting_rates.rate_on
    where bill_lines.billed_on <= run_context.as_of
)

select
    month_on,
    entity_id,
    vendor_id,
    category,
    account_code,
    department_code,
    cost_centre_code,
    is_intercompany,
    count(*) as lines_count,
    {{ money('sum(net_local)') }} as net_local,
    {{ money('sum(net_rpt)') }} as net_rpt
from categorised
group by month_on, entity_id, vendor_id, category, account_code, department_code, cost_centre_code, is_intercompany
