-- One row per month, entity and vendor with lines promised, lines completed or receipts. Punctuality is counted in the month
-- of the first promise, so that what never came counts too; lead time in the month in which a line was complete; price
-- variance in the month of receipt. Ratios are sum over sum; nothing that cannot be judged yet is counted.
with purchase_order_lines as (select * from {{ ref('fct_purchase_order_lines') }}),

receipts as (select * from {{ ref('fct_receipts') }}),

every_count as (
    select
        {{ month_of('promised_on') }} as month_on, entity_id, vendor_id, is_intercompany,
        1 as promised_lines_count,
        case when is_received_by_promise then 1 else 0 end as on_time_lines_count,
        0 as completed_lines_count, 0 as split_lines_count, 0 as lead_time_days, 0 as receipts_count,
        cast(0 as decimal(18, 2)) as received_rpt, cast(0 as decimal(18, 2)) as received_at_standard_rpt,
        cast(0 as decimal(18, 2)) as received_without_standard_rpt, cast(0 as decimal(18, 2)) as price_variance_rpt,
        0 as receipts_without_rate_count
    from purchase_order_lines
    where is_received_by_promise is not null
    union all
    select
        {{ month_of('complete_on') }} as month_on, entity_id, vendor_id, is_intercompany,
        0 as promised_lines_count, 0 as on_time_lines_count,
        1 as completed_lines_count, case when is_split then 1 else 0 end as split_lines_count, lead_time_days,
        0 as receipts_count,
        0 as received_rpt, 0 as received_at_standard_rpt, 0 as received_without_standard_rpt, 0 as price_variance_rpt,
        0 as receipts_without_rate_count
    from purchase_order_lines
    where complete_on is not null
    union all
    select
        month_on, coalesce(entity_id, 'none') as entity_id, coalesce(vendor_id, 'none') as vendor_id, is_intercompany,
        0 as promised_lines_count, 0 as on_time_lines_count,
        0 as completed_lines_count, 0 as split_lines_count, 0 as lead_time_days,
        1 as receipts_count,
        coalesce(received_rpt, 0) as received_rpt,
        case when price_variance_rpt is null then 0 else standard_rpt end as received_at_standard_rpt,
        case when standard_rpt is null then coalesce(received_rpt, 0) else 0 end as received_without_standard_rpt,
        coalesce(price_variance_rpt, 0) as price_variance_rpt,
        case when received_rpt is null then 1 else 0 end as receipts_without_rate_count
    from receipts
),

monthly as (
    select
        month_on,
        entity_id,
        vendor_id,
        max(case when is_intercompany then 1 else 0 end) = 1 as is_intercompany,
        sum(promised_lines_count) as promised_lines_count,
        sum(on_time_lines_count) as on_time_lines_count,
        sum(completed_lines_count) as completed_lines_count,
        sum(split_lines_count) as split_lines_count,
        sum(lead_time_days) as lead_time_days,
        sum(receipts_count) as receipts_count,
        {{ money('sum(received_rpt)') }} as received_rpt,
        {{ money('sum(received_at_standard_rpt)') }} as received_at_standard_rpt,
        {{ money('sum(received_without_standard_rpt)') }} as received_without_standard_rpt,
        {{ money('sum(price_variance_rpt)') }} as price_variance_rpt,
        sum(receipts_without_rate_count) as receipts_without_rate_count
    from every_count
    group by month_on, entity_id, vendor_id
)

select
    month_on,
    entity_id,
    vendor_id,
    is_intercompany,
    cast(promised_lines_count as integer) as promised_lines_count,
    cast(on_time_lines_count as integer) as on_time_lines_count,
    {{ ratio('on_time_lines_count', 'promised_lines_count') }} as on_time_ratio,
    cast(completed_lines_count as integer) as completed_lines_count,
    cast(split_lines_count as integer) as split_lines_count,
    cast(lead_time_days as integer) as lead_time_days,
    {{ ratio('lead_time_days', 'completed_lines_count') }} as mean_lead_time_days,
    cast(receipts_count as integer) as receipts_count,
    received_rpt,
    received_at_standard_rpt,
    received_without_standard_rpt,
    price_variance_rpt,
    {{ ratio('price_variance_rpt', 'received_at_standard_rpt') }} as price_variance_ratio,
    cast(receipts_without_rate_count as integer) as receipts_without_rate_count
from monthly
