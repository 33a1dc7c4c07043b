-- One row per party that bought in the last year and item group that it has not bought in two, though at least three in ten of its
-- peers have. Peers: parties of its segment that bought in the last year, at least five. Expected margin: the share of peers that buy
-- the group times what it brings a buyer in a year.
with invoice_lines as (select * from {{ ref('fct_invoice_lines') }} where not is_intercompany),

party_customers as (select * from {{ ref('int_party_customers') }}),

party_profiles as (select * from {{ ref('int_party_profiles') }}),

run_context as (select * from {{ ref('int_run_context') }}),

recent as (
    select
        party_customers.party_id,
        invoice_lines.category,
        max(case when invoice_lines.document_type = 'invoice' then invoice_lines.invoiced_on end) as last_invoiced_on,
        sum(invoice_lines.net_rpt) as net_rpt,
        sum(coalesce(invoice_lines.margin_rpt, 0)) as margin_rpt,
        min(run_context.as_of) as as_of
    from invoice_lines
    inner join party_customers
        on invoice_lines.customer_id = party_customers.customer_id
    cross join run_context
    where
        invoice_lines.invoiced_on > cast({{ dbt.dateadd('month', -24, 'run_context.as_of') }} as date)
        and invoice_lines.invoiced_on <= run_context.as_of
    group by party_customers.party_id, invoice_lines.category
),

active as (
    select
        recent.party_id,
        party_profiles.segment,
        sum(recent.net_rpt) as net_rpt
    from recent
    inner join party_profiles
        on recent.party_id = party_profiles.party_id
    group by recent.party_id, party_profiles.segment
    having max(recent.last_invoiced_on) > cast({{ dbt.dateadd('month', -12, 'min(recent.as_of)') }} as date)
),

segments as (
    select
        segment,
        count(*) as peers_count
    from active
    group by segment
),

bought as (
    select
        active.segment,
        recent.category,
        count(*) as buyers_count,
        sum(recent.margin_rpt) / 2 as yearly_margin_rpt
    from recent
    inner join active
        on recent.party_id = active.party_id
    where recent.category is not null and recent.net_rpt > 0
    group by active.segment, recent.category
),

offers as (
    select
        active.party_id,
        active.segment,
        bought.category,
        segments.peers_count,
        bought.buyers_count,
        {{ ratio('bought.buyers_count', 'segments.peers_count') }} as peers_ratio,
        {{ ratio('bought.yearly_margin_rpt', 'bought.buyers_count') }} as margin_per_buyer,
        active.net_rpt
    from active
    inner join segments
        on active.segment = segments.segment
    inner join bought
        on active.segment = bought.segment
    left join recent
        on active.party_id = recent.party_id and bought.category = recent.category
    where recent.party_id is null and segments.peers_count >= 5
),

final as (
    select
        offers.party_id,
        offers.category,
        party_profiles.name as party_name,
        party_profiles.region,
        offers.segment,
        cast(offers.peers_count as integer) as peers_count,
        cast(offers.buyers_count as integer) as buyers_count,
        cast(offers.peers_ratio as decimal(9, 6)) as peers_ratio,
        {{ money('offers.margin_per_buyer') }} as margin_per_buyer_rpt,
        {{ money('offers.margin_per_buyer * offers.peers_ratio') }} as expected_margin_rpt,
        {{ money('offers.net_rpt') }} as net_of_two_years_rpt,
        cast(offers.buyers_count as varchar(30)) || ' of ' || cast(offers.peers_count as varchar(30)) || ' peers buy it, for a margin of '
        || cast({{ money('offers.margin_per_buyer') }} as varchar(30)) || ' a year' as reason
    from offers
    inner join party_profiles
        on offers.party_id = party_profiles.party_id
    where offers.peers_ratio >= 0.3 and offers.margin_per_buyer > 0
)

select * from final
