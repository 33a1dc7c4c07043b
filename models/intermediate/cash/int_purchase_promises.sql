-- One row per purchase order that is not billed yet: what its bill will be, when it comes, and when that falls due. Ordered lines of an
-- open order count whole, of a closed one what was received; what bills that name the order took is off. The bill comes the usual days
-- after the goods (the mean of the last year's first bills), which come when promised, a week from the as-of day where that has passed.
-- A closed order that was billed is done, and one that was complete 90 days ago without a bill is not expected to get one. Where no bill
-- of the source names an order nothing is known to be unbilled: no row. Tax is added as the vendor's, else the entity's, bills carried it.
with purchase_order_lines as (select * from {{ ref('fct_purchase_order_lines') }} where status <> 'cancelled'),

run_context as (select * from {{ ref('int_run_context') }}),

bills as (
    select bills.*
    from {{ ref('int_bills') }} as bills
    inner join run_context on bills.billed_on <= run_context.as_of
),

vendors as (select * from {{ ref('int_vendors') }}),

accounts as (select * from {{ ref('int_payment_accounts') }} where direction = 'out'),

reporting_rates as (select * from {{ ref('int_reporting_rates') }}),

billed as (
    select
        purchase_order_id,
        sum(net_doc) as net_doc,
        min(billed_on) as first_billed_on
    from bills
    where purchase_order_id is not null
    group by purchase_order_id
),

naming_sources as (
    select distinct source_system
    from bills
    where purchase_order_id is not null
),

due_lines as (
    select
        *,
        case when status = 'open' then quantity else received_quantity end as due_quantity
    from purchase_order_lines
),

orders as (
    select
        purchase_order_id,
        entity_id,
        vendor_id,
        source_system,
        currency,
        max(status) as status,
        max(current_promised_on) as promised_on,
        max(last_received_on) as last_received_on,
        min(case when is_received_in_full then 1 else 0 end) = 1 as is_complete,
        sum({{ extended('due_quantity', 'unit_price_doc') }}) as net_doc
    from due_lines
    group by purchase_order_id, entity_id, vendor_id, source_system, currency
),

bill_lag as (
    select
        cast(coalesce(
            avg(greatest({{ dbt.datediff('orders.last_received_on', 'billed.first_billed_on', 'day') }}, 0)), 7
        ) as integer) as lag_days
    from orders
    cross join run_context
    inner join billed on orders.purchase_order_id = billed.purchase_order_id
    where billed.first_billed_on > cast({{ dbt.dateadd('day', -365, 'run_context.as_of') }} as date)
),

vendor_tax as (
    select
        bills.entity_id,
        bills.vendor_id,
        {{ ratio('sum(bills.gross_local)', 'sum(bills.net_local)') }} as gross_ratio
    from bills
    cross join run_context
    where bills.billed_on > cast({{ dbt.dateadd('day', -365, 'run_context.as_of') }} as date)
    group by bills.entity_id, bills.vendor_id
    having sum(bills.net_local) > 0
),

entity_tax as (
    select
        bills.entity_id,
        {{ ratio('sum(bills.gross_local)', 'sum(bills.net_local)') }} as gross_ratio
    from bills
    cross join run_context
    where bills.billed_on > cast({{ dbt.dateadd('day', -365, 'run_context.as_of') }} as date)
    group by bills.entity_id
    having sum(bills.net_local) > 0
),

unbilled as (
    select
        orders.purchase_order_id,
        orders.entity_id,
        orders.vendor_id,
        orders.currency,
        orders.net_doc - coalesce(billed.net_doc, 0) as net_doc,
        case
            when orders.is_complete then orders.last_received_on
            when orders.promised_on > run_context.as_of then orders.promised_on
            else cast({{ dbt.dateadd('day', 7, 'run_context.as_of') }} as date)
        end as received_on,
        bill_lag.lag_days,
        run_context.as_of,
        run_context.reporting_currency
    from orders
    cross join run_context
    cross join bill_lag
    inner join naming_sources on orders.source_system = naming_sources.source_system
    left join billed on orders.purchase_order_id = billed.purchase_order_id
    where
        orders.net_doc > coalesce(billed.net_doc, 0)
        and (orders.status = 'open' or billed.purchase_order_id is null)
        and (
            not orders.is_complete
            or orders.last_received_on > cast({{ dbt.dateadd('day', -90, 'run_context.as_of') }} as date)
        )
),

grossed as (
    select
        unbilled.*,
        coalesce(vendors.category, '') as segment,
        coalesce(vendors.payment_terms_days, 30) as terms_days,
        greatest(
            cast({{ dbt.dateadd('day', 'unbilled.lag_days', 'unbilled.received_on') }} as date),
            cast({{ dbt.dateadd('day', 1, 'unbilled.as_of') }} as date)
        ) as issued_on,
        coalesce(own_accounts.bank_account_id, entity_accounts.bank_account_id) as bank_account_id,
        {{ money(
            'cast(unbilled.net_doc as double) * coalesce(vendor_tax.gross_ratio, entity_tax.gross_ratio, 1)'
        ) }} as amount_doc
    from unbilled
    left join vendors on unbilled.vendor_id = vendors.vendor_id
    left join vendor_tax on unbilled.entity_id = vendor_tax.entity_id and unbilled.vendor_id = vendor_tax.vendor_id
    left join entity_tax on unbilled.entity_id = entity_tax.entity_id
    left join accounts as own_accounts
        on unbilled.entity_id = own_accounts.entity_id and unbilled.vendor_id = own_accounts.counterparty_id
    left join accounts as entity_accounts
        on unbilled.entity_id = entity_accounts.entity_id and entity_accounts.counterparty_id = ''
),

final as (
    select
        'purchase_orders' as layer,
        grossed.entity_id,
        'purchase_order' as document_type,
        grossed.purchase_order_id as document_id,
        cast(1 as integer) as part_no,
        grossed.vendor_id as counterparty_id,
        grossed.segment,
        grossed.currency,
        grossed.bank_account_id,
        grossed.issued_on,
        cast({{ dbt.dateadd('day', 'grossed.terms_days', 'grossed.issued_on') }} as date) as due_on,
        cast(1 as double) as chance_ratio,
        grossed.amount_doc,
        case
            when grossed.currency = grossed.reporting_currency then grossed.amount_doc
            else {{ converted('grossed.amount_doc', 'reporting_rates.rate') }}
        end as amount_rpt
    from grossed
    left join reporting_rates
        on
            grossed.currency = reporting_rates.currency
            and grossed.as_of = reporting_rates.rate_on
)

select * from final
where amount_rpt is not null
