-- One row per party with an open deal: the margin that its deals bring if won, times the chance that they are, by own history.
-- The margin of a sale is the party's own of the last year, else its segment's (int_party_margin_ratios). The chance is known to a tenth of
-- a percent, no finer: the sentence multiplies what it shows, and so can its reader.
with deals as (select * from {{ ref('fct_deal_ageing') }}),

margin_ratios as (select * from {{ ref('int_party_margin_ratios') }}),

party_profiles as (select * from {{ ref('int_party_profiles') }}),

weighed as (
    select
        deals.party_id,
        deals.deal_id,
        deals.owner_id,
        deals.owner_name,
        deals.amount_rpt,
        coalesce(deals.calibrated_probability_ratio, deals.probability_ratio) as probability_ratio,
        margin_ratios.margin_ratio,
        margin_ratios.margin_basis,
        deals.idle_days,
        deals.expected_close_on,
        row_number() over (partition by deals.party_id order by deals.amount_rpt desc nulls last, deals.deal_id asc) as place
    from deals
    inner join margin_ratios
        on deals.party_id = margin_ratios.party_id
),

summed as (
    select
        party_id,
        max(case when place = 1 then owner_id end) as owner_id,
        max(case when place = 1 then owner_name end) as owner_name,
        count(*) as open_deals_count,
        sum(amount_rpt) as open_rpt,
        sum(amount_rpt * cast(probability_ratio as decimal(9, 6))) as weighted_rpt,
        max(margin_ratio) as margin_ratio,
        max(margin_basis) as margin_basis,
        min(idle_days) as idle_days,
        min(expected_close_on) as next_close_on
    from weighed
    group by party_id
),

valued as (
    select
        summed.*,
        cast({{ ratio('summed.weighted_rpt', 'summed.open_rpt') }} as decimal(9, 3)) as probability_ratio,
        {{ money('summed.open_rpt * summed.margin_ratio') }} as margin_if_won_rpt
    from summed
    where summed.open_rpt > 0
),

final as (
    select
        valued.party_id,
        party_profiles.name as party_name,
        party_profiles.region,
        party_profiles.segment,
        valued.owner_id,
        valued.owner_name,
        cast(valued.open_deals_count as integer) as open_deals_count,
        {{ money('valued.open_rpt') }} as open_rpt,
        valued.margin_ratio,
        valued.margin_basis,
        valued.margin_if_won_rpt,
        cast(valued.probability_ratio as decimal(9, 6)) as probability_ratio,
        {{ money('cast(valued.margin_if_won_rpt as decimal(28, 2)) * valued.probability_ratio') }} as expected_margin_rpt,
        valued.next_close_on,
        cast(valued.idle_days as integer) as idle_days,
        'margin if won ' || cast(valued.margin_if_won_rpt as varchar(30)) || ' x chance '
        || cast(cast(100 * valued.probability_ratio as decimal(9, 1)) as varchar(30))
        || '% = '
        || cast({{ money('cast(valued.margin_if_won_rpt as decimal(28, 2)) * valued.probability_ratio') }} as varchar(30)) as reason
    from valued
    inner join party_profiles
        on valued.party_id = party_profiles.party_id
    where valued.margin_if_won_rpt is not null and valued.probability_ratio is not null
)

select * from final
