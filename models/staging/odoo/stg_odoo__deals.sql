-- One row per opportunity. Odoo has no stage for a lost one, which stays where it was: here its stage is Lost. An expected revenue of 0
-- is how Odoo writes that none is known. The pipeline is the sales team's.
with deals as (select * from {{ ref('base_odoo__leads') }}),

teams as (select * from {{ source('raw', 'odoo_crm_team') }}),

reasons as (select * from {{ source('raw', 'odoo_lost_reason') }}),

currencies as (select * from {{ source('raw', 'odoo_currency') }}),

-- Up to Odoo 16 an opportunity of no company has no currency: it is in that of the database's first company.
first_companies as (
    select
        source_system as company_source_system,
        currency_id,
        row_number() over (partition by source_system order by cast(source_id as integer)) as place
    from {{ source('raw', 'odoo_company') }}
)

select
    deals.id as deal_id,
    deals.account_id,
    deals.user_id as owner_id,
    deals.entity_id,
    deals.name,
    teams.name as pipeline,
    case when deals.is_lost then 'Lost' else deals.stage end as stage,
    nullif(deals.amount_doc, 0) as amount_doc,
    coalesce(deals.currency, currencies.code) as currency,
    cast(deals.probability / 100 as decimal(9, 6)) as probability_ratio,
    deals.deal_type,
    deals.lead_source,
    deals.campaign_id,
    cast(deals.started_at as date) as created_on,
    case when deals.is_won or deals.is_lost then cast(deals.closed_at as date) else deals.expected_close_on end as closed_on,
    deals.is_won,
    deals.is_won or deals.is_lost as is_closed,
    case when deals.is_lost then reasons.name end as lost_reason,
    deals.next_step,
    cast(null as varchar) as merged_into_id,
    deals.updated_at,
    {{ odoo_lineage('deals') }}
from deals
left join teams on deals.team_id = teams.id
left join reasons on deals.lost_reason_id = reasons.id
left join first_companies on deals.source_system = first_companies.company_source_system and first_companies.place = 1
left join currencies
    on coalesce(deals.currency_id, deals.company_currency_id, first_companies.currency_id) = currencies.id
where deals.is_deal
