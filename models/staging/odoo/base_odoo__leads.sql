-- One row per lead and opportunity, which are one model in Odoo: a lead that is converted becomes an opportunity. Leaves out those that
-- were archived without being lost. Won is a stage that says so at a probability of 100, lost is archived at one of 0.
with leads as (select * from {{ source('raw', 'odoo_lead') }}),

stages as (select * from {{ source('raw', 'odoo_crm_stage') }}),

partners as (select * from {{ source('raw', 'odoo_partner') }}),

countries as (select * from {{ source('raw', 'odoo_country') }}),

sources as (select * from {{ source('raw', 'odoo_utm_source') }}),

companies as (select * from {{ source('raw', 'odoo_company') }}),

joined as (
    select
        leads.*,
        coalesce(partners.commercial_partner_id, leads.partner_id) as account_id,
        coalesce(stages.name, 'No stage') as stage,
        companies.entity_id,
        companies.currency_id as company_currency_id,
        countries.code as country,
        sources.name as lead_source,
        leads.lead_type = 'opportunity' as is_deal,
        leads.lead_type = 'lead' or leads.converted_at is not null as was_lead,
        coalesce(leads.converted_at, leads.created_at) as started_at,
        coalesce(
            leads.outcome,
            case
                when stages.is_won and leads.probability = 100 then 'won'
                when not leads.is_active and leads.probability = 0 then 'lost'
                else 'pending'
            end
        ) as ended_as
    from leads
    left join stages on leads.stage_id = stages.id
    left join partners on leads.partner_id = partners.id
    left join countries on leads.country_id = countries.id
    left join sources on leads.lead_source_id = sources.id
    left join companies on leads.company_id = companies.id
)

select
    *,
    ended_as = 'won' as is_won,
    ended_as = 'lost' as is_lost
from joined
where ended_as <> 'pending' or coalesce(is_active, true)
