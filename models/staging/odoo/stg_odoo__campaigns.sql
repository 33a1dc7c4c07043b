-- One row per marketing campaign. Odoo knows neither its channel nor its days.
select
    id as campaign_id,
    name,
    channel,
    started_on,
    ended_on,
    {{ lineage() }}
from {{ source('raw', 'odoo_utm_campaign') }}
