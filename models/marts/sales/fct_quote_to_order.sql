-- One row per deal with a quote, a price list value or an order: the walk from list to quote, order and invoice. Revisions of a quote
-- count once: the accepted one speaks, else the last. All amounts are of the deal's currency at the rate of its first day, so that
-- only prices move; a document in another currency is left out of its step. Invoiced prices are compared at invoiced quantities.
with deals as (select * from {{ ref('fct_deals') }}),

deal_lines as (select * from {{ ref('int_deal_lines') }}),

quotes as (select * from {{ ref('int_quotes') }}),

orders as (select * from {{ ref('int_orders') }}),

order_lines as (select * from {{ ref('int_order_lines') }}),

invoice_deals as (select * from {{ ref('int_invoice_deals') }}),

invoice_lines as (select * from {{ ref('fct_invoice_lines') }}),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

run_context as (select * from {{ ref('int_run_context') }}),

-- A deal has a list value when each of its lines has a list price.
listed as (
    select
        deal_id,
        case when count(*) = count(list_price_doc) then sum({{ extended('quantity', 'list_price_doc') }}) end as list_doc
    from deal_lines
    group by deal_id
),

known_deals as (
    select
        source_id,
        min(deal_id) as deal_id,
        min(currency) as currency
    from deals
    group by source_id
    having count(*) = 1
),

-- Quotes made in another system than the CRM name their deal as orders do.
named_quotes as (
    select
        quotes.quote_id,
        quotes.version,
        quotes.status,
        quotes.quoted_on,
        quotes.amount_doc,
        quotes.currency,
        coalesce(quotes.deal_id, known_deals.deal_id) as deal_id
    from quotes
    left join known_deals
        on quotes.deal_ref = known_deals.source_id
),

known_quotes as (
    select
        quotes.deal_id,
        quotes.status,
        quotes.quoted_on,
        case when quotes.currency = deals.currency then quotes.amount_doc end as amount_doc,
        row_number() over (
            partition by quotes.deal_id
            order by
                case when quotes.status = 'accepted' then 0 else 1 end,
                quotes.version desc nulls last,
                quotes.quoted_on desc,
                quotes.quote_id asc
        ) as place
    from named_quotes as quotes
    inner join deals
        on quotes.deal_id = deals.deal_id
    cross join run_context
    where quotes.quoted_on <= run_context.as_of and quotes.status <> 'draft'
),

quoted as (
    select
        deal_id,
        count(*) as versions_count,
        min(quoted_on) as first_quoted_on,
        max(case when place = 1 then quoted_on end) as quoted_on,
        max(case when place = 1 then status end) as quote_status,
        max(case when place = 1 then amount_doc end) as quoted_doc
    from known_quotes
    group by deal_id
),

ordered as (
    select
        known_deals.deal_id,
        min(orders.ordered_on) as ordered_on,
        sum(case when orders.currency = known_deals.currency then order_lines.net_doc end) as ordered_doc
    from orders
    inner join known_deals
        on orders.deal_ref = known_deals.source_id
    inner join order_lines
        on orders.order_id = order_lines.order_id
    cross join run_context
    where orders.ordered_on <= run_context.as_of and orders.status <> 'cancelled'
    group by known_deals.deal_id
),

invoiced as (
    select
        invoice_deals.deal_id,
        sum(invoice_lines.net_doc) as invoiced_doc,
        sum({{ extended('invoice_lines.quantity', 'invoice_lines.list_price_doc') }}) as invoiced_list_doc
    from invoice_lines
    inner join invoice_deals
        on invoice_lines.document_id = invoice_deals.invoice_id
    inner join deals
        on invoice_deals.deal_id = deals.deal_id and invoice_lines.currency = deals.currency
    where invoice_lines.document_type = 'invoice' and invoice_lines.list_price_doc is not null
    group by invoice_deals.deal_id
),

joined as (
    select
        deals.*,
        quoted.versions_count,
        quoted.first_quoted_on,
        quoted.quoted_on,
        quoted.quote_status,
        ordered.ordered_on,
        cast(case when deals.currency = run_context.reporting_currency then 1 else reporting_rates.rate end as decimal(18, 10)) as rate,
        {{ money('listed.list_doc') }} as list_doc,
        {{ money('quoted.quoted_doc') }} as quoted_doc,
        {{ money('ordered.ordered_doc') }} as ordered_doc,
        {{ money('invoiced.invoiced_doc') }} as invoiced_doc,
        {{ money('invoiced.invoiced_list_doc') }} as invoiced_list_doc
    from deals
    cross join run_context
    left join reporting_rates
        on deals.currency = reporting_rates.currency and deals.created_on = reporting_rates.rate_on
    left join listed
        on deals.deal_id = listed.deal_id
    left join quoted
        on deals.deal_id = quoted.deal_id
    left join ordered
        on deals.deal_id = ordered.deal_id
    left join invoiced
        on deals.deal_id = invoiced.deal_id
    where listed.list_doc is not null or quoted.deal_id is not null or ordered.deal_id is not null
),

final as (
    select
        deal_id,
        source_system,
        source_id,
        owner_id,
        party_id,
        region,
        segment,
        deal_type,
        is_won,
        is_lost,
        cast(coalesce(versions_count, 0) as integer) as quote_versions_count,
        quote_status,
        first_quoted_on,
        quoted_on,
        ordered_on,
        cast({{ dbt.datediff('quoted_on', 'ordered_on', 'day') }} as integer) as quote_to_order_days,
        {{ converted('list_doc', 'rate') }} as list_rpt,
        {{ converted('quoted_doc', 'rate') }} as quoted_rpt,
        {{ converted('ordered_doc', 'rate') }} as ordered_rpt,
        {{ converted('invoiced_list_doc', 'rate') }} as invoiced_list_rpt,
        {{ converted('invoiced_doc', 'rate') }} as invoiced_rpt,
        cast(1 - {{ ratio('quoted_doc', 'list_doc') }} as decimal(18, 6)) as quote_discount_ratio,
        cast({{ ratio('invoiced_doc', 'invoiced_list_doc') }} as decimal(18, 6)) as price_realisation_ratio
    from joined
)

select * from final
